"""A truckload the maker announces by a file, read in the browser."""

CARS = 50
HEADINGS = "厂家订单号;车架号;发动机号;合格证编号;颜色;单价;备注"


class TestFiles:
    def test_fifty_cars_from_the_makers_file(self, people, house):
        order, cars = house.order_cars([100_000.0] * CARS)
        numbers = {car["id"]: car["maker_order_no"] for car in house.vehicles(cars, "maker_order_no")}
        vins = {car: house.new_vin() for car in cars}
        rows = [f"{numbers[car]};{vins[car]};ENG{car};HGZ{car};珠光白;{100_500 + car};-" for car in cars]
        web = people("buyer").show("purchase.order", order)
        web.press("action_enter_shipping_notice")
        web.page.set_input_files(
            ".modal .o_field_widget[name=file] input[type=file]",
            # As a Chinese maker's system writes it, with a title above the headings.
            {
                "name": "发车清单.csv",
                "mimeType": "text/csv",
                "buffer": "\r\n".join(["发车清单;;;;;;", HEADINGS, *rows]).encode("gb18030"),
            },
        )
        web.page.wait_for_selector(".modal [name=line_ids] .o_data_row")
        web.picture("shipping-file")
        web.press("action_apply", ".modal")
        web.page.wait_for_selector(".modal", state="detached")
        found = {car["id"]: car for car in house.vehicles(cars, "vin", "place", "colour_exterior")}
        assert {car: found[car]["vin"] for car in cars} == vins
        assert {car["place"] for car in found.values()} == {"in_transit"}
        assert {car["colour_exterior"] for car in found.values()} == {"珠光白"}
        house.receive(order)
        costs = {car["id"]: car["cost"] for car in house.vehicles(cars, "cost")}
        assert costs == {car: 100_500 + car for car in cars}
