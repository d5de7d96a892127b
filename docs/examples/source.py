"""A source of reports on Kafka: send one, wait for the receipt. Run: python source.py KAFKA CITY SOURCE"""

import asyncio
import json
import secrets
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def main(kafka: str, city: str, source: str) -> None:
    """Send a report and print what the platform answers."""
    receipts = AIOKafkaConsumer(
        f"{city}.receipts.{source}.v1",
        bootstrap_servers=kafka,
        group_id=f"{source}.example",
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await receipts.start()
    await producer.start()
    report = {
        "id": f"EX-{secrets.token_hex(4)}",  # your own id: the same id twice is one report
        "text": "站前路的路灯不亮，晚上一片漆黑，照明什么时候能修好？",
        "place": {"unit": "C02"},
        "reporter": {"id": "caller-5521"},  # kept apart from everything that travels; with it the reporter may rate
    }
    headers = {
        "ce_specversion": "1.0",
        "ce_id": report["id"],
        "ce_type": "report.v1",
        "ce_source": source,
        "content-type": "application/json",
    }
    await producer.send_and_wait(
        f"{city}.reports.{source}.v1",
        json.dumps(report, ensure_ascii=False).encode(),
        key=report["id"].encode(),
        headers=[(name, value.encode()) for name, value in headers.items()],
    )
    async for record in receipts:
        answer = json.loads(record.value)
        if answer.get("report") == report["id"]:
            print(dict(record.headers)["ce_type"].decode(), json.dumps(answer, ensure_ascii=False))
            break
    await producer.stop()
    await receipts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
