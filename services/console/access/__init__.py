"""Who comes in, as what, and what may be done from a page: accounts, sessions, roles, acts, scope, gateway."""

from shared.kernel.rules import register

register(
    {
        "login.wrong": ("账号或口令不对", "Account or password is wrong"),
        "login.weak_password": (
            "口令应为 {shortest} 到 {longest} 个字符",
            "A password has {shortest} to {longest} characters",
        ),
        "login.no_code": (
            "账号只用字母、数字和 . _ - ，以字母或数字开头，最多 64 个：{login}",
            "An account's name has letters, digits and . _ - alone, begins with one of the former, 64 at most: {login}",
        ),
        "login.unknown_identity": ("此身份没有对应的账号，请联系管理员", "No account has this identity"),
        "login.no_post": ("账号没有这个岗位", "The account has no such post"),
        "login.required": ("请先登录", "Please sign in"),
        "act.unknown": ("没有这个操作：{path}", "No such act: {path}"),
        "act.not_yours": ("此操作由{roles_zh}办理", "This is done by: {roles}"),
        "whistle.no_right": (
            "本市网格不吹哨；需要部门到场的，请上报",
            "Grids blow no whistle in this city; report what needs a department",
        ),
        "rating.not_asked": ("这件事还没有请您评价，或已经评完", "You are not asked to rate this just now"),
        "owner.away": (
            "有一项服务（{service}）暂时连不上，请稍后再试",
            "A service ({service}) cannot be reached, try again",
        ),
    }
)
