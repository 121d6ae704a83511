"""Days as the people of a language write them."""

from odoo.tools.misc import babel_locale_parse, get_lang


def get_day_pattern(env):
    """Return how the context's language writes weekday, month and day: “EEE, MMM d”, “M月d日EEE”.

    :param env: environment
    :return: str, a pattern for ``format_date``
    Source: Unicode CLDR, skeleton MMMEd
    """
    return babel_locale_parse(get_lang(env).code).datetime_skeletons["MMMEd"].pattern
