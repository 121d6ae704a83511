"""Plain sales forecasts and the back-test that says which of them to believe. No Odoo, no library.

A series is a list of numbers, one a month, oldest first, without gaps (a month without a sale is 0).

Source: measured on 60 series of registrations in three Chinese cities (2010 to 2015): no plain method wins everywhere,
so each series gets the one that erred least on its own past.
"""

from math import sqrt

SEASON = 12
HORIZON = 3
ORIGINS = 9
STEP = 3


def naive(series, horizon):
    """Return the last month again.

    >>> naive([1, 2, 3], 2)
    [3, 3]
    """
    return [series[-1]] * horizon


def mean_of(months):
    """Return the method that takes the mean of the last months.

    >>> mean_of(3)([9, 1, 2, 3], 2)
    [2.0, 2.0]
    """

    def mean(series, horizon):
        return [sum(series[-months:]) / months] * horizon

    return mean


def seasonal_naive(series, horizon):
    """Return the same months of last year.

    >>> seasonal_naive(list(range(1, 14)), 2)
    [2, 3]
    """
    return [series[len(series) - SEASON + step % SEASON] for step in range(horizon)]


def level_by_last_year(series, horizon):
    """Return the mean of the last three months, moved as last year moved from the same three months.

    >>> level_by_last_year([10, 10, 10, 20, 5] + [10] * 7 + [30, 30, 30], 2)
    [60.0, 15.0]
    """
    level = sum(series[-3:]) / 3
    base = sum(series[-SEASON - 3 : -SEASON]) / 3
    return [level * value / base if base else level for value in seasonal_naive(series, horizon)]


def level_by_season(series, horizon):
    """Return the mean of the last three months without their season, with the season of the months to come.

    The season of a month is its mean ratio to the twelve months before it, over all years known.

    >>> [round(value, 6) for value in level_by_season(([10] * 11 + [20]) * 3, 1)]
    [10.0]
    """
    count, ratios = len(series), {}
    for month in range(SEASON, count):
        before = sum(series[month - SEASON : month]) / SEASON
        if before:
            ratios.setdefault(month % SEASON, []).append(series[month] / before)
    season = {month: sum(found) / len(found) for month, found in ratios.items()}
    level = sum(series[month] / (season.get(month % SEASON) or 1.0) for month in range(count - 3, count)) / 3
    return [level * season.get((count + step) % SEASON, 1.0) for step in range(horizon)]


# Code: (months of history it needs, method)
METHODS = {
    "naive": (1, naive),
    "ma3": (3, mean_of(3)),
    "ma6": (6, mean_of(6)),
    "mean12": (SEASON, mean_of(SEASON)),
    "seasonal_naive": (SEASON, seasonal_naive),
    "ma3_season": (SEASON + 3, level_by_last_year),
    "ma3_index": (SEASON * 2, level_by_season),
}


def origins(length, horizon=HORIZON, count=ORIGINS, step=STEP, after=0):
    """Return how many months were known at each forecast of a back-test, newest first.

    :param int length: months of the series
    :param int horizon: months forecast each time
    :param int count: forecasts at most
    :param int step: months between two forecasts
    :param int after: months at the end that are kept out of it
    :return: list of int, each at least 1

    >>> origins(72, after=3)
    [66, 63, 60, 57, 54, 51, 48, 45, 42]
    >>> origins(8)
    [5, 2]
    """
    newest = length - after - horizon
    return [known for known in (newest - step * index for index in range(count)) if known >= 1]


def back_test(series, horizon=HORIZON, count=ORIGINS, step=STEP, after=0, methods=None):
    """Return how far each method was off when it forecast months that are known by now.

    :return: {code: (sum of absolute errors, sum of what was sold)}; a method that lacks history for one of the
        forecasts is left out, so that all are judged by the same months

    >>> back_test([2, 2, 2, 2, 2, 2, 2], count=1)["naive"]
    (0, 6)
    """
    known = origins(len(series), horizon, count, step, after)
    result = {}
    for code, (needed, method) in (methods or METHODS).items():
        if not known or min(known) < needed:
            continue
        error = sold = 0
        for origin in known:
            real = series[origin : origin + horizon]
            error += sum(
                abs(guess - value) for guess, value in zip(method(series[:origin], horizon), real, strict=True)
            )
            sold += sum(real)
        result[code] = (error, sold)
    return result


def wape(error, sold):
    """Return the error as a share of what was sold (weighted absolute percentage error), None where nothing was sold.

    >>> wape(3, 12), wape(3, 0)
    (0.25, None)
    """
    return error / sold if sold else None


def pooled_wape(tests):
    """Return the error of each method over many series together.

    :param list tests: of :func:`back_test`
    :return: {code: float or None}, the methods all series have

    >>> pooled_wape([{"naive": (1, 10), "ma3": (2, 10)}, {"naive": (3, 10)}])
    {'naive': 0.2}
    """
    codes = [code for code in METHODS if all(code in test for test in tests)] if tests else []
    return {code: wape(sum(test[code][0] for test in tests), sum(test[code][1] for test in tests)) for code in codes}


def usable_origins(length, horizon=HORIZON, count=ORIGINS, step=STEP):
    """Return how many forecasts a back-test of a series can hold so that the more demanding methods take part.

    >>> usable_origins(72), usable_origins(24), usable_origins(18), usable_origins(7), usable_origins(3)
    (9, 3, 1, 1, 0)
    """
    possible = origins(length, horizon, count, step)
    for needed in (SEASON * 2, SEASON + 3, SEASON, 3, 1):
        fitting = sum(1 for known in possible if known >= needed)
        if fitting:
            return fitting
    return 0


def choose(series, horizon=HORIZON):
    """Return the method that erred least on the last year of a series' own past, and all errors.

    :param list series: months, oldest first
    :param int horizon: months to forecast
    :return: (code, {code: WAPE}); code None when the series has no month at all. Of two equal the simpler one

    >>> choose([5.0] * 30)[0]
    'naive'
    >>> choose(([1.0] * 11 + [40.0]) * 4)[0]
    'seasonal_naive'
    >>> choose([7.0])
    ('naive', {})
    >>> choose([])
    (None, {})
    """
    if not series:
        return None, {}
    errors = {}
    for code, (error, sold) in back_test(series, horizon, count=usable_origins(len(series), horizon)).items():
        rate = wape(error, sold)
        if rate is not None:
            errors[code] = rate
    if errors:
        return min(errors, key=lambda code: (round(errors[code], 9), list(METHODS).index(code))), errors
    return ("ma3" if len(series) >= 3 else "naive"), {}


def forecast(series, code, horizon=HORIZON):
    """Return the coming months by one method, never below 0.

    >>> forecast([1, 2, 3], "ma3", 2)
    [2.0, 2.0]
    """
    _needed, method = METHODS[code]
    return [max(float(value), 0.0) for value in method(series, horizon)]


def rmse(pairs):
    """Return the root of the mean squared error.

    :param list pairs: (forecast, real)

    >>> rmse([(1, 1), (3, 1)])
    1.4142135623730951
    """
    return sqrt(sum((guess - real) ** 2 for guess, real in pairs) / len(pairs)) if pairs else 0.0
