from rostra.health.asking import Question as Question
from rostra.health.asking import ask as ask
from rostra.health.checks import STAGE as STAGE
from rostra.health.checks import Check as Check
from rostra.health.checks import Checks as Checks
from rostra.health.checks import Report as Report
from rostra.health.checks import Result as Result
from rostra.health.probing import serve as serve

__all__ = ["STAGE", "Check", "Checks", "Question", "Report", "Result", "ask", "serve"]
