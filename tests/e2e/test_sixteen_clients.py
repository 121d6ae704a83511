"""Sixteen advisors' clients want eight cars at the same instant (J10): eight get one, eight are told who has it."""

from client import at_once
from dealer_cli import cluster

CARS = 8


class TestSixteenClients:
    """Exactly eight succeed, in every round, and the books agree with what people were told."""

    def test_eight_cars(self, english):
        cars = [english.stock(40_000 + number) for number in range(CARS)]
        tasks = []
        for number, car in enumerate(cars):
            for rival in ("North", "South"):
                contract = english.draft_contract(f"{rival} {number}")
                english.approve(contract)
                english.sign(contract, f"{rival} {number}")
                english.take_money(contract, 5000, "earnest")
                tasks.append((contract, car))
        outcomes = at_once(
            *(
                lambda contract=contract, car=car: english.manager.call(
                    "dealer.contract", "action_allocate", contract, vehicle_id=car
                )
                for contract, car in tasks
            )
        )
        told = [task for task, (kind, _text) in zip(tasks, outcomes, strict=True) if kind == "done"]
        assert sorted(car for _contract, car in told) == sorted(cars), outcomes
        for (_contract, car), (kind, text) in zip(tasks, outcomes, strict=True):
            if kind == "refused":
                winner = next(contract for contract, other in told if other == car)
                assert english.manager.read("dealer.contract", winner, ["name"])["name"] in text, "says who has it"
        self._check_books(english, cars, told)

    def _check_books(self, english, cars, told):
        """One live hold a car, by the contract that was told so; no car promised twice; stock is moves (I2, I3)."""
        held = english.manager.find(
            "dealer.vehicle.hold", [["vehicle_id", "in", cars], ["state", "=", "live"]], ["vehicle_id", "contract_id"]
        )
        assert sorted((hold["contract_id"][0], hold["vehicle_id"][0]) for hold in held) == sorted(told)
        twice = cluster.sql(
            "SELECT dealer_vehicle_id FROM sale_order_line line JOIN dealer_contract deal"
            " ON deal.sale_order_id = line.order_id WHERE deal.state = 'signed' AND dealer_vehicle_id IS NOT NULL"
            " GROUP BY 1 HAVING count(*) > 1",
            english.server.database,
        )
        assert not twice, "a car on two signed contracts"
        quants = cluster.sql(
            "SELECT lot_id FROM stock_quant quant JOIN stock_location place ON place.id = quant.location_id"
            f" JOIN dealer_vin vin USING (lot_id) JOIN dealer_vehicle car ON car.vin_id = vin.id AND car.id IN"
            f" ({', '.join(map(str, cars))}) WHERE place.usage = 'internal' GROUP BY 1 HAVING sum(quantity) != 1",
            english.server.database,
        )
        assert not quants, "a car in stock twice or not at all"
