from . import adapters, controllers, models, wizard
from .hooks import post_init_hook
