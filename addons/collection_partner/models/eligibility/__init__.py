from .eligibility import Eligibility
