from . import models


def post_init_hook(env):
    """Have the demonstration dealership built as soon as all add-ons are loaded."""
    env["dealer.demo"]._order_build()
