"""A department on Kafka: accept and finish whatever is dispatched to it.

Run: sidan department open CODE > department.env; set -a; . ./department.env; python department.py
"""

import asyncio
import json
from os import environ
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def main() -> None:
    """Print every fact about the department's orders and answer those that want an answer."""
    access = {
        "bootstrap_servers": environ["SIDAN_KAFKA"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": environ["SIDAN_LOGIN"],
        "sasl_plain_password": environ["SIDAN_PASSWORD"],
    }
    orders = AIOKafkaConsumer(
        environ["SIDAN_ORDERS"],
        group_id=f"{environ['SIDAN_GROUPS']}python",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        **access,
    )
    producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **access)
    await orders.start()
    await producer.start()

    async def reply(cause: str, type_: str, order: str, **content: Any) -> None:
        # An id made from what is answered: should this program start anew and answer twice, it counts once.
        headers = {"ce_specversion": "1.0", "ce_id": f"{cause}/{type_}", "ce_type": type_, "ce_source": "/department"}
        await producer.send_and_wait(
            environ["SIDAN_REPLIES"],
            json.dumps({"order": order, **content}, ensure_ascii=False).encode(),
            key=order.encode(),
            headers=[(name, value.encode()) for name, value in headers.items()],
        )

    async for record in orders:
        headers = {name: value.decode() for name, value in record.headers}
        fact, kind, id_ = json.loads(record.value), headers["ce_type"], headers["ce_id"]
        if kind == "reply.refused.v1":
            print(kind, fact["order"], fact["rule"], fact["field"], flush=True)
        else:
            order = headers["ce_subject"]
            print(kind, order, fact["status"], flush=True)
            is_mine = fact["responsible"] == environ["SIDAN_ORDERS"].split(".")[-2]  # or it supports who leads
            if kind == "order.dispatched.v1" and is_mine:
                await reply(id_, "order.accept.v1", order, assignment=fact["assignment"], handler="值班班长")
            elif kind == "order.dispatched.v1":
                await reply(id_, "order.answer_part.v1", order, assignment=fact["assignment"], note="已配合办理完毕")
            elif kind == "order.accepted.v1" and is_mine:
                done = {"what": "已到现场处理完毕", "contacted": True, "evidence": 1, "handler": "值班班长"}
                await reply(id_, "order.finish.v1", order, assignment=fact["assignment"], **done)
        await orders.commit()  # only what was answered: killed before, this program answers again, and it counts once


if __name__ == "__main__":
    asyncio.run(main())
