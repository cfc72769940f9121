from .sentence import Sentence
