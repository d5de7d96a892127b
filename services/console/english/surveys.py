"""English of surveys and votes."""

SURVEYS = {
    " · 另有 {n} 题": " · {n} more",
    "{n} 题": "{n} questions",
    "{unit}发起问卷或评选": "{unit} asks",
    "一人（户）一票，交后不能更改；只留下不可还原的印记，不留下谁选了什么。": (
        "One vote each, and it stands; a mark that cannot be undone is kept, not who chose what."
    ),
    "一人（户）一票；结束后才计票，票与人不可对应；不计入任何评分": (
        "One vote each; counted when it is over; no vote leads back to a person; in no score"
    ),
    "一行一个，至少两个": "One a line, two at least",
    "下一个工作日的台账链头公布后自动抽户；抽到的户才能作答。": (
        "Households are drawn once the ledger's head of the next working day is out; those alone may answer."
    ),
    "业主表决（一户一票）": "Owners' vote (one per household)",
    "交票": "Hand in",
    "以空格或换行分隔，不写姓名和门牌": "Apart by blanks or lines; no names, no addresses",
    "作答中": "open",
    "作答人（编号，不写姓名）": "Who answers (a number, no name)",
    "作答期": "From and until",
    "入户代为作答": "Answers taken at the door",
    "入户抽样": "Draw of the households",
    "入户抽样 {draw}，可用 sidan draw verify 重算": "Drawn by {draw}; sidan draw verify computes it again",
    "全部户代码": "Codes of all households",
    "关于 {about}": "About {about}",
    "关于哪个议题、清单项或项目（没有则不填）": "Topic, list item or project (none: leave empty)",
    "占比": "Share",
    "占比为票数 ÷ 应答。": "Share: votes ÷ answers.",
    "发起": "Ask",
    "发起单位": "Asked by",
    "发起后题目不能更改；网上、链接和入户都可作答，到期自动计票并公布。": (
        "Questions cannot change; answered online, by link or at the door; counted and published when it ends."
    ),
    "封存{unit}的住户": "Fix the households of {unit}",
    "应答": "Answers",
    "应答 {answered}": "{answered} answers",
    "应答人数（知道则填）": "How many are asked (if known)",
    "户代码": "Code of the household",
    "本市没有启用问卷和评选。": "This city has neither surveys nor votes.",
    "票数": "Votes",
    "第 {n} 题": "Question {n}",
    "网上评选": "Public vote",
    "群众满意度调查": "Satisfaction survey",
    "计票前不显示任何选项的票数。": "No count shows before it is over.",
    "选项": "Options",
    "还没有问卷或评选，由单位发起。": "Nothing was asked yet; a unit asks.",
    "问卷与评选": "Surveys and votes",
    "问卷调查": "Survey",
    "题数": "Number of questions",
    "题目": "Question",
}
