"""What people call the columns of their files, in English and Chinese.

Plain Python without ``env``. A heading is compared without case, spaces and signs, and without what stands in brackets.
"""

import re

SIGNS = re.compile(r"[\s_\-./:：*#'’（）()\[\]【】\u00a0]+")
BRACKETS = re.compile(r"[（(\[【].*?[)）\]】]")

SYNONYMS = {
    "order_no": (
        "order no|order number|maker order no|maker order number|maker's order number|oem order|factory order|"
        "订单号|厂家订单号|厂家订单编号|订单编号|生产订单号|采购订单号|销售订单号"
    ),
    "vin": "vin|vin no|vin number|vin code|chassis no|chassis number|vehicle identification number|"
    "车架号|车架号码|车架号vin|vin码|vin号|底盘号|车辆识别代号|车辆识别码|车辆识别号",
    "engine_no": "engine no|engine number|engine|motor no|motor number|engine or motor number|"
    "发动机号|发动机号码|发动机编号|电机号|电机编号|发动机或电机号|发动机/电机号",
    "battery_no": "battery no|battery number|battery serial|battery pack no|电池号|电池编号|动力电池编号|"
    "电池包编号|电池包号",
    "certificate_no": "certificate no|certificate number|certificate|quality certificate number|coc no|"
    "合格证|合格证号|合格证编号|合格证号码",
    "announcement_model": "announcement model|announced model|公告型号|车辆型号|厂牌型号",
    "colour_exterior": "colour|color|exterior colour|exterior color|paint|body colour|颜色|外观色|车身颜色|外观颜色|"
    "外色|外饰颜色",
    "colour_interior": "interior colour|interior color|trim colour|upholstery|内饰色|内饰颜色|内色",
    "cost": "cost|price|unit price|net price|invoice price|purchase price|amount|单价|采购价|进价|成本|"
    "开票价|结算价|采购单价|金额",
    "brand": "brand|make|品牌|厂牌",
    "series": "series|model|model series|车系",
    "model_year": "model year|year|my|年款|年份|年型",
    "trim_name": "trim|trim level|version|trim name|车型|版本|车型名称|车型（版本）",
    "sold_as": "sold as|product|article|销售车型|产品",
    "condition": "condition|new used|车况|新旧|车辆状况",
    "maker_order_no": "maker's order number|maker order number|maker order no|order number|order no|厂家订单号|订单号",
    "plate": "plate|plate number|licence plate|license plate|registration|车牌|车牌号|车牌号码|号牌号码",
    "odometer_km": "mileage|mileage km|odometer|km|里程|行驶里程|公里数|里程数|进厂里程",
    "odometer_date": "mileage date|odometer date|read on|里程日期|抄表日期",
    "owner": "owner|owner name|customer|车主|车主姓名|客户|客户名称|客户姓名",
    "owner_phone": "owner phone|owner's phone|customer phone|phone of owner|车主电话|车主手机|客户电话|客户手机",
    "keeper": "user|keeper|driver|使用人|用车人",
    "keeper_phone": "user phone|user's phone|keeper phone|driver phone|使用人电话",
    "asking_price": "asking price|price tag|retail price|list price|标价|售价|零售价",
    "floor_price": "lowest price|floor price|minimum price|最低价|最低限价",
    "tax_regime": "tax regime|taxation|计税方式|税制",
    "vin_confirmed": "vin confirmed|车架号已核对|车架号已确认",
    "shipped_date": "shipped on|shipping date|ship date|dispatch date|发车日期|发运日期",
    "stop_sale": "stop-sale|stop sale|停售",
    "spec_note": "specification|spec|规格|配置说明",
    "trim": "trim|trim level|version|trim name|车型|版本|车型名称",
    "list_price": "sales price|list price|price|销售价|售价|标价",
    "guide_price": "maker's guide price|guide price|msrp|manufacturer's suggested price|厂家指导价|指导价",
    "energy": "energy|fuel|fuel type|powertrain|能源|能源类型|燃料|燃料种类|动力类型",
    "range_km": "electric range|range|range km|续航|续航里程|纯电续航",
    "launch_date": "launched on|launch date|上市日期|上市时间",
    "end_date": "sold until|end date|停售日期|停产日期",
    "service_interval_km": "service every km|service interval km|保养里程|保养间隔里程|保养间隔公里",
    "service_interval_months": "service every months|service interval months|保养间隔月数|保养间隔月",
    "code": "internal reference|article no|code|内部编号|内部参考|编码",
    "name": "name|full name|owner|customer|customer name|姓名|名称|客户名称|客户姓名|车主|车主姓名",
    "phone": "phone|mobile|telephone|phone number|mobile number|电话|手机|手机号|手机号码|联系电话",
    "email": "email|e-mail|mail|邮箱|电子邮件|电子邮箱",
    "is_company": "company|is a company|is company|公司|是公司|单位",
    "street": "street|address|地址|街道|详细地址",
    "street2": "street 2|street2|address 2|地址2|街道2",
    "city": "city|town|城市|市",
    "state": "state|province|省|省份|州",
    "zip": "zip|postcode|postal code|邮编|邮政编码",
    "country": "country|国家",
    "vat": "tax id|vat|vat number|tax number|税号|统一社会信用代码|纳税人识别号",
    "ref": "reference|customer number|customer no|编号|客户编号",
    "place": "place|位置|所在",
    "claim": "claim|占用|占用状态",
    "title": "property of|所有权|产权",
    "arrival_date": "arrived on|arrival date|到店日期|入库日期",
}


def key(heading):
    """Return what of a heading is compared.

    >>> key("VIN No. (17)"), key("发动机号（必填）*"), key("Maker's Order Number")
    ('vinno17', '发动机号必填', 'makersordernumber')
    """
    return SIGNS.sub("", heading or "").lower()


def _keys(heading):
    return {key(heading), key(BRACKETS.sub("", heading or ""))} - {""}


KEYS = {name: {key(word) for word in words.split("|")} | {key(name)} for name, words in SYNONYMS.items()}


def propose(headings, names, remembered=None):
    """Say which field each column is.

    :param list headings: texts
    :param list names: fields wanted, the more important first; each is given to one column at most
    :param dict remembered: {``key`` of a heading: field name, or "" for a column to leave out}
    :return: list of field names, ``""`` for a column nobody knows

    >>> propose(["车架号(VIN)", "Colour", "订单号", "?"], ["order_no", "vin", "colour_exterior"])
    ['vin', 'colour_exterior', 'order_no', '']
    >>> propose(["Chassis", "Colour"], ["vin", "colour_exterior"], {"chassis": "vin", "colour": ""})
    ['vin', '']
    """
    remembered = remembered or {}
    result = [remembered.get(key(heading)) for heading in headings]
    taken = {name for name in result if name}
    for name in names:
        if name in taken:
            continue
        for index, heading in enumerate(headings):
            if result[index] is None and _keys(heading) & KEYS.get(name, {key(name)}):
                result[index] = name
                break
    return [name or "" for name in result]


def recognise(names, remembered=None):
    """Return a function that counts the known headings in a row of texts, for ``table_file.read_table``.

    >>> recognise(["vin", "colour_exterior"])(["VIN", "颜色", "A1"])
    2
    """

    def count(texts):
        return sum(bool(name) for name in propose(texts[:200], names, remembered))

    return count
