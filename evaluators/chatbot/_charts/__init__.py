"""Charts of a bot; imported only when one is asked for."""

from evaluators.chatbot._charts._flow import flow_chart

__all__ = ["flow_chart"]
