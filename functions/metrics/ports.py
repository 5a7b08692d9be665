"""CloudWatch's metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from functions.metrics.lines import NAMESPACE, Datum
from writ.adapters import aws

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
AT_ONCE: Final = 1000


def put(data: Sequence[Datum]) -> None:
    """Write data points. Raises WritError, transient where the same call may succeed later."""
    for start in range(0, len(data), AT_ONCE):
        try:
            aws.client("cloudwatch").put_metric_data(
                Namespace=NAMESPACE, MetricData=data[start : start + AT_ONCE]
            )
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "writing metrics") from error
