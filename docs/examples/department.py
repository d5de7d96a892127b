"""A department on Kafka: accept and finish whatever is dispatched to it. Run: python department.py KAFKA CITY CODE"""

import asyncio
import json
import sys
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def main(kafka: str, city: str, code: str) -> None:
    """Print every fact about the department's orders and answer those that want an answer."""
    orders = AIOKafkaConsumer(
        f"{city}.orders.{code}.v1",
        bootstrap_servers=kafka,
        group_id=f"{code}.example",
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await orders.start()
    await producer.start()

    async def reply(cause: str, type_: str, order: str, **content: Any) -> None:
        # An id made from what is answered: should this program start anew and answer twice, it counts once.
        headers = {"ce_specversion": "1.0", "ce_id": f"{cause}/{type_}", "ce_type": type_, "ce_source": code}
        await producer.send_and_wait(
            f"{city}.replies.{code}.v1",
            json.dumps({"order": order, **content}, ensure_ascii=False).encode(),
            key=order.encode(),
            headers=[(name, value.encode()) for name, value in headers.items()],
        )

    async for record in orders:
        headers = {name: value.decode() for name, value in record.headers}
        fact, kind, id_, order = json.loads(record.value), headers["ce_type"], headers["ce_id"], headers["ce_subject"]
        print(kind, order, fact.get("rule") or fact.get("status"), flush=True)
        if kind == "order.dispatched.v1":
            await reply(id_, "order.accept.v1", order, assignment=fact["assignment"], handler="值班班长")
        elif kind == "order.accepted.v1":
            done = {"what": "已到现场处理完毕", "contacted": True, "evidence": 1}
            await reply(id_, "order.finish.v1", order, assignment=fact["assignment"], **done)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
