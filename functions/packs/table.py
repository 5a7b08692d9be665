"""Jobs on DynamoDB."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from functions.packs.job import Job
from writ.adapters import dynamo


class JobItem(Model):
    """A job as JSON, and its version to hold a write against."""

    class Meta:
        table_name = "packs"

    pack = UnicodeAttribute(hash_key=True)
    version = NumberAttribute()
    job = UnicodeAttribute()


class JobTable:
    """See Jobs."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(JobItem, table)

    def get(self, pack: str) -> Job | None:
        item = dynamo.get(self._item, pack)
        return None if item is None else Job.model_validate_json(item.job)

    def start(self, job: Job) -> None:
        dynamo.save(self._of(job), self._item.pack.does_not_exist())

    def replace(self, before: Job, after: Job) -> None:
        dynamo.save(self._of(after), self._item.version == before.version)

    def _of(self, job: Job) -> JobItem:
        return self._item(job.pack, version=job.version, job=job.model_dump_json())
