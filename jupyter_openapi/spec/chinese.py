"""Chinese words for the values of parameters, in either script, and the values they mean.

Values are typed as the broker spells them. Whoever reads the outputs in Chinese may type what stands there
(``side=买入``): such a word is refused with the value to type, and never taken, since an order may be at
stake and a word may mean one value here and another there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

_MEANT: Mapping[str, str] = {
    "buy": "买 买入 购买 購買 買 買入",
    "sell": "卖 卖出 賣 賣出 沽 沽出",
    "long": "多头 多 好仓 好倉 多頭 做多 长仓 長倉",
    "short": "空头 空 淡仓 淡倉 空頭 做空 沽空 卖空 賣空 短仓 短倉",
    "lo limit": "限价 限价单 限價 限價單 限價盤 限价盘",
    "mo market": "市价 市价单 市價 市價單 市價盤 市价盘",
    "elo": "增强限价 增强限价单 增強限價 增強限價單 增強限價盤",
    "ao": "竞价 竞价单 竞价市价单 競價 競價單 競價市價單 競價盤",
    "alo": "竞价限价 竞价限价单 競價限價 競價限價單 競價限價盤",
    "slo": "特殊限价 特殊限价单 特別限價 特別限價單 特别限价 特别限价单",
    "odd": "碎股 碎股单 碎股單",
    "lit": "触价限价 触价限价单 觸價限價 觸價限價單 到价限价单 到價限價單",
    "mit": "触价市价 触价市价单 觸價市價 觸價市價單 到价市价单 到價市價單",
    "tslpamt": "按金额跟踪止损限价单 按金額追蹤止蝕限價單 按金額追蹤止損限價單",
    "tslppct": "按百分比跟踪止损限价单 按百分比追蹤止蝕限價單 按百分比追蹤止損限價單",
    "day": "日 天 日线 日線 日K 当日 當日 当日有效 當日有效 当天 當天 当天有效 今日有效 仅当日 僅當日",
    "gtc": "撤单前有效 撤單前有效 取消前有效 直至取消 撤销前有效 撤銷前有效 长期有效 長期有效",
    "gtd": "到期前有效 指定日期前有效 到期日前有效 至指定日期有效 截至日期",
    "rth_only": "盘中 盤中 仅盘中 僅盤中 常规时段 正常时段 仅常规时段 正常交易時段 正常時段",
    "any_time": "盘前盘后 盤前盤後 全时段 全時段 任何时间 任何時間",
    "overnight": "夜盘 夜盤",
    "option_pre_market": "期权盘前 期權盤前",
    "profit_taker": "止盈 止赚 止賺",
    "stop_loss": "止损 止損 止蚀 止蝕",
    "filled filledstatus": "已成交 全部成交",
    "partialfilled partialfilledstatus": "部分成交",
    "canceled canceledstatus": "已撤单 已撤單 已撤销 已撤銷 已取消",
    "rejected rejectedstatus": "已拒绝 已拒絕 废单 廢單",
    "expired expiredstatus": "已过期 已過期",
    "new newstatus": "已报 已報 已委托 已委託 待成交",
    "replaced replacedstatus": "已改单 已改單 已修改",
    "waittonew": "待报 待報",
    "notreported": "待提交 未报 未報 待报交易所 待報交易所",
    "pending": "未成交 挂单 掛單",
    "all": "全部 所有",
    "hk": "港股 香港",
    "us": "美股 美国 美國",
    "cn": "A股 沪深 滬深 中国 中國 内地 內地",
    "sg": "新加坡 新加坡股",
    "jp": "日本",
    "eu": "欧元区 歐元區 欧洲 歐洲",
    "crypto": "加密货币 加密貨幣 虚拟货币 虛擬貨幣",
    "hkd": "港元 港币 港幣 港纸 港紙",
    "usd": "美元 美金",
    "cnh": "人民币 人民幣 离岸人民币 離岸人民幣",
    "stock": "股票 正股",
    "option": "期权 期權",
    "fund": "基金",
    "cash": "现金 現金",
    "daily": "每日 每天 日结单 日結單",
    "weekly": "每周 每週 每星期",
    "fortnightly": "每两周 每兩週 每两星期 每兩星期",
    "monthly": "每月 月结单 月結單",
    "once": "一次 仅一次 只一次 僅一次",
    "every_time": "每次",
    "symbol": "代码 代號 证券 證券 股票代码 按代码 按代號",
    "hour": "小时 小時 时 時 按小时 按小時",
    "side": "方向 买卖方向 買賣方向",
    "week": "周 周线 周線 週 週線 周K",
    "month": "月 按月 月线 月線 月K",
    "quarter": "季 季线 季線 季度 季K",
    "year": "年 按年 年线 年線 年K",
    "1m": "1分钟 1分鐘 一分钟 一分鐘 1分 分钟 分鐘",
    "5m": "5分钟 5分鐘 五分钟 五分鐘 5分",
    "15m": "15分钟 15分鐘 十五分钟 十五分鐘 15分",
    "30m": "30分钟 30分鐘 三十分钟 三十分鐘 30分",
    "1h 60m": "60分钟 60分鐘 小时 小時 1小时 1小時 一小时 一小時",
    "2h": "2小时 2小時 两小时 兩小時",
    "4h": "4小时 4小時 四小时 四小時",
    "none": "不复权 不復權 除权 除權",
    "forward": "前复权 前復權",
    "call": "认购 认购证 認購 認購證 认购期权 認購期權 看涨 看漲",
    "put": "认沽 认沽证 認沽 認沽證 认沽期权 認沽期權 看跌",
    "bull": "牛 牛证 牛證",
    "bear": "熊 熊证 熊證",
    "inline": "界内 界内证 界內 界內證",
    "in": "价内 價內",
    "out": "价外 價外",
    "asc ascending": "升序 升序排列",
    "desc descending": "降序 降序排列",
    "is incomestatement": "利润表 損益表 损益表 利潤表",
    "bs balancesheet": "资产负债表 資產負債表",
    "cf cashflow": "现金流量表 現金流量表 现金流 現金流",
    "af annual": "年报 年報 全年",
    "saf semiannual": "半年报 半年報 中报 中報 中期",
    "active": "进行中 進行中 生效中",
    "suspended suspend": "暂停 暫停 已暂停 已暫停 停牌",
    "finished": "已结束 已結束 已完成",
    "add": "添加 加入 新增",
    "remove": "移除 删除 刪除",
    "replace": "替换 替換 覆盖 覆蓋",
    "fifo": "先进先出 先進先出",
    "average": "平均 平均成本 平均法",
    "yes true": "是 对 對 真",
    "no false": "否 不 假",
    "on": "开 開 开启 開啟",
    "off": "关 關 关闭 關閉",
    "last_done": "最新价 现价 現價",
    "change_rate": "涨跌幅 升跌幅",
    "volume": "成交量",
    "turnover": "成交额 成交額",
    "sandbox": "沙盒",
    "paper": "模拟 模擬 模拟账户 模擬戶口",
    "live": "实盘 實盤 真实 真實 真實戶口",
    "start": "启动 啟動 开始 開始",
    "stop": "停止",
    "reset": "重置 重設 重设",
    "status": "状态 狀態",
}
"""Values in lower case, several where parameters call one thing differently, and the words for them."""


@cache
def _words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for values, words in _MEANT.items():
        for word in words.split():
            found.setdefault(word, []).extend(values.split())
    return found


def value_meant(word: str, values: Iterable[str]) -> str:
    """Return which of a parameter's values a Chinese word means, in lower case; "" where none is certain."""
    if word.isascii():
        return ""
    known = {value.lower() for value in values}
    bare = "".join(word.split()).lower()
    meant = _words().get(bare) or _words().get(bare.upper()) or _words().get(word.strip()) or []
    return next((value for value in meant if value in known), "")
