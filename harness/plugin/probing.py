"""Asking a metric whether it can be had on this machine, and what it depends on there."""

from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.specs import MetricData, MetricSpec
from harness.util.text import one_line


def probe_metric(registry: Registry, metric: Reference) -> MetricData | str:
    """Call the probe of a metric, if it has one.

    Returns:
        Why the metric is unavailable here, which a probe that fails is too; else the data that
        its numbers depend on.
    """
    entry = registry.find("metric", metric.name)
    assert isinstance(entry.spec, MetricSpec)
    if not entry.spec.probe:
        return MetricData()
    try:
        found = registry.load_target(entry, entry.spec.probe)(**metric.arguments())
    except (Exception, SystemExit) as error:
        return one_line(error)
    return found if isinstance(found, MetricData) else str(found or "") or MetricData()
