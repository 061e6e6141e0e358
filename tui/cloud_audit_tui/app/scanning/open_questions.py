"""The questions of running jobs that the user has not answered yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloud_audit_tui.scan.events import InputNeeded
    from cloud_audit_tui.scan.running_job import RunningJob


class OpenQuestions:
    """Keeps the questions with the jobs that wait for their answers."""

    def __init__(self) -> None:
        self._questions: list[tuple[InputNeeded, RunningJob]] = []

    @property
    def profiles(self) -> list[str]:
        """The profiles that wait for the user, without duplicates."""
        return list(dict.fromkeys(question.profile for question, _ in self._questions))

    def is_open(self, needed: InputNeeded) -> bool:
        """Return whether the job still waits for the answer to a question."""
        return any(question is needed for question, _ in self._questions)

    def add(self, needed: InputNeeded, running: RunningJob) -> None:
        """Add a question of a job."""
        self._questions.append((needed, running))

    async def answer(self, needed: InputNeeded, value: str) -> None:
        """Answer the question of a job; an empty value declines."""
        for question, running in list(self._questions):
            if question is needed:
                self._questions.remove((question, running))
                await running.answer(needed.id, value)

    def withdraw(self, running: RunningJob) -> bool:
        """Remove the questions of a job that ends; return whether it had any."""
        others = [each for each in self._questions if each[1] is not running]
        had_any = len(others) < len(self._questions)
        self._questions = others
        return had_any
