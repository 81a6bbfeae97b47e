"""The demo program: a small company's advocacy, a few months old, built through the verbs."""
