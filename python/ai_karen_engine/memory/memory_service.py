"""The memory, under the names of the reference documentation."""

from pawl.learning import Memory, MemoryType, WebUIMemoryService

__all__ = ["Memory", "MemoryType", "WebUIMemoryService"]
