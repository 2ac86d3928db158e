"""A walk through the learner: a workspace learns from conversations, and goes back.

python examples/autonomous_learner_demo.py [WORKSPACE]    the folder must not exist; default: pawl-demo
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pawl
from ai_karen_engine.core.memory.memory_service import WebUIMemoryService
from ai_karen_engine.core.response.analyzer import create_spacy_analyzer
from ai_karen_engine.core.response.autonomous_learner import (
    AutonomousLearner,
    LearningCycleResult,
    TrainingExample,
    create_autonomous_learner,
)
from pawl.engine import Engine

TENANT = "tenant_123"
FIRST = [
    ("my build fails with an ImportError", "debug_error", "frustrated"),
    ("there is an exception in the log again", "debug_error", "frustrated"),
    ("the test crashes with a traceback", "debug_error", "negative"),
    ("this error comes back whenever I deploy", "debug_error", "frustrated"),
    ("how do I make this loop faster", "optimize_code", "neutral"),
    ("this query is slow, can it be optimized", "optimize_code", "neutral"),
    ("reduce the memory this function needs", "optimize_code", "neutral"),
    ("speed up my sorting code please", "optimize_code", "positive"),
    ("hello there, how are you today", "casual_chat", "positive"),
    ("good morning, nice to see you", "casual_chat", "positive"),
    ("thanks, you are great", "casual_chat", "positive"),
    ("hi, what a lovely day", "casual_chat", "excited"),
]
# What people say later, and how they correct what was understood.
THINGS = ["job", "page", "server", "parser", "cache", "worker", "script", "index", "client", "queue", "socket", "thread"]
BILLING = [
    "I was charged twice for the {}",
    "refund my payment for the {}",
    "the invoice is wrong for the {}",
    "cancel the bill of my {}",
]
WHEN = ["", " today", " last week", " this month", " again"]
QUESTIONS = [
    "the build fails again with an error",
    "can you make this code faster",
    "I was charged twice this month",
]


def examples() -> list[TrainingExample]:
    return [TrainingExample(text, intent, sentiment) for text, intent, sentiment in FIRST]


async def show(learner: AutonomousLearner, questions: Sequence[str] = QUESTIONS) -> None:
    for question in questions:
        analysis = await learner.analyze(question, TENANT)
        print(f"  {question:<40} -> {analysis.intent} ({analysis.intent_confidence:.2f}), {analysis.sentiment}")


def tell(result: LearningCycleResult) -> None:
    print(f"  cycle {result.status.value}: {result.data_collected} turns with feedback, {result.examples_created} examples")
    if (found := result.validation_result) is not None:
        print(f"  intents right on held-out texts: live {found.incumbent.intent_accuracy}, candidate {found.intent_accuracy}")
    print(f"  live now: {result.generation}" if result.model_improved else f"  the live model stays: {result.error_message}")


async def collect(learner: AutonomousLearner) -> None:
    metadata = await learner.collect_conversation_metadata(
        tenant_id=TENANT,
        user_text="write to jane.doe@example.org, the build fails again",
        assistant_response="Which error does it show?",
        user_id="user-a",
        user_feedback={"satisfaction_score": 0.9, "response_quality": 0.8},
        consent=True,
    )
    print(f"  personal data removed: {metadata.redactions}; intent {metadata.intent_detected}")
    silent = await learner.collect_conversation_metadata(TENANT, "keep this to yourself", "Yes.", "user-b", consent=False)
    print(f"  a turn without consent is stored: {silent.stored}")
    number = 0
    for when in WHEN:
        for thing in THINGS:
            for complaint in BILLING:
                number += 1
                await learner.collect_conversation_metadata(
                    tenant_id=TENANT,
                    user_text=complaint.format(thing) + when,
                    assistant_response="Here is how to fix that error.",
                    user_id=f"user-{number}",
                    conversation_id=f"billing-{number}",
                    user_feedback={"satisfaction_score": 0.1, "corrected_intent": "billing_question"},
                    consent=True,
                )
    print(f"  {number} turns collected")


async def ticks(interval: float = 0.001) -> float:
    """The longest time that the event loop kept a ticker waiting."""
    longest = 0.0
    try:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(interval)
            longest = max(longest, time.perf_counter() - before - interval)
    except asyncio.CancelledError:
        return longest


async def demo(folder: Path) -> None:
    print(f"pawl {pawl.__version__}\n\n1. A workspace from {len(FIRST)} examples")
    settings = {"training.encoder": "none", "training.min_updates": 100, "training.validation_split": 0.5}
    Engine.init(folder, examples=examples(), tenant=TENANT, settings=settings).close()
    learner = create_autonomous_learner(
        spacy_analyzer=create_spacy_analyzer(),
        memory_service=WebUIMemoryService(folder),
        model_backup_dir=folder / "model_backups",
        settings=settings,
    )
    await show(learner)

    print("\n2. The live pipeline, as documents")
    nlp = pawl.load(folder, tenant=TENANT)
    print("  " + "  ".join(f"{token.text}/{token.shape_}" for token in nlp("Make this loop faster, please!")))

    print("\n3. Conversations, with consent and without")
    await collect(learner)
    memories = await learner.memory_service.query_memories(TENANT, "invoice")
    print(f"  the memory finds {len(memories)} of them by the word 'invoice'")

    print("\n4. Settings by their documented names")
    learner.learning_config.update({"min_data_threshold": 20, "quality_threshold": 0.6})
    print(f"  min_data_threshold = {learner.learning_config['min_data_threshold']}")
    try:
        learner.learning_config["min_data_treshold"] = 1
    except pawl.Error as error:
        print(f"  refused: {error}")

    print("\n5. A learning cycle, while the event loop goes on")
    learner.model_validator.validation_thresholds.update({"intent_accuracy": 0.0, "alpha": 0.5, "margin": 0.2})
    ticker = asyncio.create_task(ticks())
    await asyncio.sleep(0)
    result = await learner.trigger_learning_cycle(TENANT, force_training=True)
    ticker.cancel()
    tell(result)
    print(f"  the event loop was never kept longer than {1000 * await ticker:.0f} ms")
    await show(learner)

    print("\n6. Metrics, validation, and the way back")
    metrics = await learner.get_learning_metrics()
    print(f"  cycles {metrics['total_cycles']}, failed {metrics['failed_cycles']}, improvements {metrics['model_improvements']}")
    measured = await learner.model_validator.validate_model(examples(), TENANT)
    print(f"  intents of the first examples right: {measured.intent_accuracy}")
    if result.backup_path is not None:
        print(f"  back to the earlier model: {await learner.training_pipeline.rollback_model(result.backup_path)}")
    await show(learner, QUESTIONS[2:])

    print("\n7. What spacy.load() opens")
    beside = folder.with_name(folder.name + "-exported")
    with Engine.open(folder) as engine:
        print(f"  generation {engine.export_pipeline(beside, TENANT)} exported")
    print(f"  {', '.join(pawl.load(beside).pipe_names)}")
    await learner.aclose()


if __name__ == "__main__":
    asyncio.run(demo(Path(sys.argv[1] if len(sys.argv) > 1 else "pawl-demo")))
