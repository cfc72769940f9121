from .eligibility import MODES, Eligibility
