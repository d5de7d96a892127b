"""Communities and their circles: wishes, lists, projects, alliances; now and then what nobody may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.dispatch.domain.claims.alliance import subject_of_alliance
from services.dispatch.domain.claims.item import Item, subject_of_item
from services.dispatch.domain.claims.project import Project, ProjectStatus, subject_of_project
from services.dispatch.domain.claims.reviewing import subject_of_list
from services.dispatch.domain.claims.wish import ENDS, Wish, WishStatus, subject_of_wish
from shared.contracts import alliance as a
from shared.contracts import list_item as li
from shared.contracts import project as p
from shared.contracts import wish as w
from shared.contracts.base import Contract
from shared.kernel.decisions import Actor
from tests.flow.residents import PHONE, SECRET, Residents
from tests.flow.world import Said

MOST_WISHES, MOST_ITEMS, MOST_PROJECTS = 12, 6, 4
MATTERS = ("street-lights", "sanitation", "no-such")


class Claimants:
    """Everybody who orders, reviews, claims, lists, signs."""

    def __init__(self, residents: Residents) -> None:
        self.people, self.world = residents, residents.world
        city = self.world.city
        found = {u.code for place in self.world.places for u in city.lineage(place) if u.level.value == "community"}
        self.communities = sorted(found)
        self.wishes: list[str] = []
        self.items: list[str] = []
        self.projects: list[str] = []
        self.members = tuple(Actor(*who) for who in (("member", "v-7"), ("member", "v-8"), ("post", "team-3")))

    def act(self) -> None:
        """Do one thing."""
        x = self.world.random.random()
        if x < 0.05:
            self._ally()
        elif x < 0.60:
            self._wish()
        elif x < 0.80:
            self._list()
        else:
            self._project()

    def _state(self, subject: str) -> Any:
        return self.world.offices["dispatch"].state(subject)

    def _begin(self, data: Contract, subject: str, actor: Actor) -> None:
        """Send what begins something; now and then twice, now and then into a process that dies."""
        world = self.world
        said = Said("dispatch", data, subject, actor, self.people.key(), creates=True)
        world.command(said, dies=self.people.pick(("before", "after")) if world.chance(0.04) else None)
        if world.chance(0.1):
            world.command(said)

    def _say(self, data: Contract, subject: str, actor: Actor) -> None:
        self.people.say("dispatch", data, subject, actor)

    def _paired(self, community: str) -> Actor:
        return Actor("department", self.people.pick(self.world.city.paired_with(community)))

    def _claimant(self, community: str) -> Actor:
        return self.people.pick((*self.members, self._paired(community), Actor("member", "stranger")))

    def _ally(self) -> None:
        community = self.people.pick(self.communities)
        clerk, subject = Actor("unit", community), subject_of_alliance(community)
        member = self.people.pick(self.members)
        kind = a.MemberKind.TEAM if member.kind == "post" else a.MemberKind.VOLUNTEER
        if self.world.chance(0.8):
            self._begin(a.JoinAlliance(party=member.id, kind=kind), subject, clerk)
        elif self.world.chance(0.5):
            self._begin(a.LeaveAlliance(party=member.id, why=f"搬家，电话{PHONE}1111"), subject, member)
        else:
            grid = self.people.pick([unit.code for unit in self.world.city.children(community)])
            department = self._paired(community).id
            self._begin(a.AssignPairingOn(department=department, grid=grid), subject, clerk)

    # ---- wishes

    def _wish(self) -> None:
        world = self.world
        open_ = [one for one in self.wishes if (state := self._state(one)) and state.status not in ENDS]
        if len(self.wishes) < MOST_WISHES and (not open_ or world.chance(0.3)):
            self._order()
        elif open_:
            known = [one for one in self.wishes if self._state(one)]
            subject = self.people.pick(open_ if world.chance(0.95) else known)
            self._go_on(subject, self._state(subject))

    def _order(self) -> None:
        place = self.people.pick(self.world.places)
        (community,) = [u.code for u in self.world.city.lineage(place) if u.code in self.communities]
        subject = subject_of_wish(community, self.people.key())
        services = [one for one in self.items if (state := self._state(one)) and state.is_published]
        wisher = w.Wisher(name=SECRET, phone=f"{PHONE}2222", member=self.people.pick((None, None, "v-7")))
        order = w.OrderWish(
            place=place,
            item=self.people.pick(services) if services and self.world.chance(0.4) else None,
            wording=f"想要一把轮椅，请打{PHONE}3333",
            wisher=wisher,
        )
        self.wishes.append(subject)
        self._begin(order, subject, self.people.pick((Actor("source", "mini"), Actor("unit", place))))

    def _go_on(self, subject: str, wish: Wish) -> None:
        clerk, world = Actor("unit", wish.community), self.world
        channel = Actor("source" if wish.raised_by in world.city.sources else "unit", wish.raised_by)
        claimant = self._claimant(wish.community)
        holder = next((m for m in self.members if m.id == wish.claimant), Actor("department", wish.claimant or "x"))
        named = next((m for m in self.members if m.id == wish.named), Actor("department", wish.named or "x"))
        data: Contract
        if wish.named is not None:
            data, actor = w.AgreeToWish(agrees=world.chance(0.6)), named
        elif wish.status is WishStatus.ORDERED:
            data, actor = self._review(), clerk
        elif wish.status is WishStatus.OFFERED:
            if world.chance(0.3):
                data, actor = w.NameClaimant(named=claimant.id), clerk
            else:
                world.enter(Said("dispatch", w.ClaimWish(), subject, self._claimant(wish.community), self.people.key()))
                data, actor = w.ClaimWish(), claimant
        elif wish.status is WishStatus.CLAIMED:
            data = w.GiveUpWish(why="时间冲突") if world.chance(0.3) else w.FulfilWish(what=f"已办，{PHONE}4444")
            actor = holder
        elif wish.status is WishStatus.COME_BACK:
            data = self.people.pick((w.BuyWish(provider="家政公司"), w.NameClaimant(named=claimant.id), self._review()))
            actor = clerk
        elif wish.status is WishStatus.BOUGHT:
            data, actor = w.FulfilWish(what="已上门"), clerk
        else:
            data, actor = w.ConfirmWish(grade=self.people.pick((1, 3, 5))), channel
        if world.chance(0.08):
            actor = self.people.pick((clerk, claimant, holder, channel, Actor("unit", "C01")))
        self._say(data, subject, actor)

    def _review(self) -> Contract:
        return self.people.pick(
            (
                w.OfferWish(),
                w.OfferWish(),
                w.OfferWish(),
                w.RefuseWish(why=f"不属于服务范围，电话{PHONE}5555"),
                w.DivertWish(matter=self.people.pick(MATTERS), why="属于诉求"),
            )
        )

    # ---- lists and projects

    def _list(self) -> None:
        world = self.world
        if len(self.items) < MOST_ITEMS and (not self.items or world.chance(0.4)):
            community = self.people.pick(self.communities)
            owner = self.people.pick((Actor("unit", community), self._paired(community)))
            subject = subject_of_item(owner.id, self.people.key())
            self.items.append(subject)
            self._begin(li.DraftItem(**self._content(owner, community)), subject, owner)
            return
        if not self.items:
            return
        subject = self.people.pick(self.items)
        item: Item | None = self._state(subject)
        if item is None:
            return
        owner = self._owner(item)
        content = self._content(owner, item.community or "")
        data = self.people.pick(
            (
                li.PublishItem(),
                li.PublishItem(),
                li.ReviseItem(**content | {"kind": item.kind.value}),
                li.WithdrawItem(why="不再提供"),
            )
        )
        if world.chance(0.2):
            self._say(li.ReviewList(), subject_of_list(item.owner), owner)
        else:
            self._say(data, subject, owner)

    def _owner(self, item: Item) -> Actor:
        return Actor("unit" if item.owner in self.world.city.units else "department", item.owner)

    def _content(self, owner: Actor, community: str) -> dict[str, Any]:
        kinds = ("demand", "service") if owner.kind == "unit" else ("service", "resource", "demand")
        today = self.world.now.date()
        return {
            "kind": self.people.pick(kinds), "community": community, "wording": f"上门理发{PHONE}6666", "quantity": 2,
            "valid_from": today, "valid_until": today + timedelta(days=self.people.pick((3, 40))),
        }  # fmt: skip

    def _project(self) -> None:
        world = self.world
        published = [one for one in self.items if (state := self._state(one)) and state.is_published]
        if published and len(self.projects) < MOST_PROJECTS and world.chance(0.4):
            item: Item = self._state(name := self.people.pick(published))
            community = item.community or ""
            partner = self._paired(community).id if item.owner == community else item.owner
            actor = Actor("department", partner) if item.owner == community else Actor("unit", community)
            subject = subject_of_project(community, self.people.key())
            self.projects.append(subject)
            day = world.now.date()
            asked = p.ClaimProject(
                item=name, partner=partner, agreement=f"每月一次，{PHONE}7777", starts_on=day,
                ends_on=day + timedelta(days=60),
            )  # fmt: skip
            self._begin(asked, subject, actor)
            return
        known = [one for one in self.projects if self._state(one)]
        if not known:
            return
        project: Project = self._state(subject := self.people.pick(known))
        steps: dict[ProjectStatus, Contract] = {
            ProjectStatus.OFFERED: p.SignProject(),
            ProjectStatus.MATCHED: p.StartProject(),
            ProjectStatus.RUNNING: p.ConfirmProject(what=f"已完成{PHONE}8888"),
        }
        data = steps.get(project.status, p.RateProject(grade=4))
        side = self.people.pick((Actor("unit", project.community), Actor("department", project.partner)))
        self._say(data, subject, side)
