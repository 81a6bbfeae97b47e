"""Spellings: equal but for case, spaces and punctuation join; close ones wait for a decision, which is remembered."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.database.invariants import check_invariants
from portal.database.refusal import Invalid
from portal.imports import spelling
from portal.imports.models import Origin, Spelling
from portal.people.models import Company, Product


def industries(db: Session) -> list[str | None]:
    return list(db.scalars(select(Company.industry).order_by(Company.id)))


def joined(report) -> list[tuple[str, str]]:
    return [(each.written, each.means) for each in report.joined]


def proposed(report) -> list[tuple[str, str]]:
    return [(each.written, each.means) for each in report.proposed]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("GTXPro", "GTX Pro", True),
        ("e-commerce", "E Commerce", True),
        ("R&D", "R & D", True),
        ("C++", "C#", False),
        ("C", "C++", False),
        ("GTK 500", "GTK 501", False),
        ("???", "!!!", False),
        ("STRASSE", "Straße", True),
    ],
)
def test_what_is_equal_but_for_case_spaces_and_punctuation(one, other, same):
    assert (spelling.fold(one) == spelling.fold(other)) is same


def test_the_most_frequent_spelling_of_a_file_is_the_one(bring, db):
    report = bring("companies", "name,sector\nA,Soft-Ware\nB,software\nC,software\n")
    assert industries(db) == ["software"] * 3
    assert joined(report) == [("Soft-Ware", "software")]


def test_what_is_stored_wins_over_what_is_new(bring, db):
    bring("companies", "name,sector\nA,Oil & Gas\n")
    report = bring("companies", "name,sector\nB,oil&gas\nC,oil&gas\n")
    assert industries(db) == ["Oil & Gas"] * 3
    assert joined(report) == [("oil&gas", "Oil & Gas")]


def test_what_joined_by_itself_is_remembered(bring, db):
    bring("companies", "name,sector\nA,Soft-Ware\nB,software\nC,software\n")
    (remembered,) = db.scalars(select(Spelling))
    assert (remembered.written, remembered.means, remembered.origin) == ("Soft-Ware", "software", Origin.JOINED)


def test_a_right_word_is_never_proposed_to_be_another(bring):
    content = "name,sector,country\nA,Technology,Niger\nB,Technolgy,Nigeria\nC,Biotechnology,Austria\n"
    assert proposed(bring("companies", content)) == [("Technolgy", "technology")]


def test_a_word_with_other_digits_is_another_word(bring):
    assert proposed(bring("products", "name\nGTK 5000\nGTK 500\nRunner 1\nRunner 2\n")) == []


def test_a_decision_reaches_stored_rows_later_files_and_other_capitals(bring, db):
    bring("companies", "name,sector\nA,technolgy\nB,retail\n")
    report = bring("companies", "name,sector\nC,Technolgy\n", same=("technolgy=technology",))
    assert industries(db) == ["technology", "retail", "technology"]
    assert "1 row that were here" in report.notices[0]
    assert joined(bring("companies", "name,sector\nD,TECHNOLGY\n")) == [("TECHNOLGY", "technology")]


def test_a_decision_for_a_word_of_its_own_ends_the_proposal(bring, db):
    bring("companies", "name,sector\nA,technolgy\n", same=("technolgy=technolgy",))
    assert proposed(bring("companies", "name,sector\nA,technolgy\n")) == []
    assert industries(db) == ["technolgy"]


def test_a_decision_against_joining_keeps_two_products(bring, db):
    bring("products", "name\nGTX Pro\n")
    bring("products", "name\nGTXPro\n", same=("GTXPro=GTXPro",))
    assert list(db.scalars(select(Product.name).order_by(Product.id))) == ["GTX Pro", "GTXPro"]


def test_decisions_follow_each_other_and_the_last_one_counts(bring, db):
    bring("companies", "name,sector\nA,tec\nB,tek\n")
    bring("companies", "name\nA\n", same=("industry:tec=tek",))
    bring("companies", "name\nA\n", same=("industry:tek=technology",))
    assert industries(db) == ["technology", "technology"]
    bring("companies", "name,sector\nC,tec\n")
    assert industries(db)[2] == "technology"
    bring("companies", "name\nA\n", same=("industry:technology=tec",))
    assert set(industries(db)) == {"tec"}
    bring("companies", "name,sector\nD,tek\n")
    assert industries(db)[3] == "tec"


def test_a_decision_towards_a_misspelt_word_leads_to_what_that_one_means(bring, db):
    bring("companies", "name\nA\n", same=("industry:tek=technology",))
    bring("companies", "name,sector\nA,tec\n", same=("tec=tek",))
    assert industries(db) == ["technology"]


def test_what_joins_by_itself_follows_a_decision(bring, db):
    bring("products", "name\nGTXPro\n", same=("GTXPro=GTX Pro",))
    bring("products", "name\ngtx-pro\nGTXPro\nGTX  Pro\n")
    assert list(db.scalars(select(Product.name))) == ["GTX Pro"]


def test_what_is_stored_now_wins_over_what_joined_once(bring, db):
    bring("companies", "name,sector\nA,Soft-Ware\nB,software\nC,software\n")
    db.execute(update(Company).values(industry="Soft Ware"))
    db.commit()
    report = bring("companies", "name,sector\nD,Soft-Ware\nE,software\n")
    assert joined(report) == [("Soft-Ware", "Soft Ware"), ("software", "Soft Ware")]
    assert set(db.execute(select(Spelling.written, Spelling.means)).all()) == {
        ("Soft-Ware", "Soft Ware"),
        ("software", "Soft Ware"),
    }


def test_a_word_of_its_own_stays_one_when_another_means_it(bring, db):
    bring("companies", "name,sector\nA,technolgy\n", same=("technolgy=technolgy",))
    report = bring("companies", "name,sector\nB,tekno\nA,technolgy\n", same=("tekno=technolgy",))
    assert industries(db) == ["technolgy", "technolgy"]
    assert proposed(report) == []


def test_a_spelling_of_a_spelling_is_a_breach(db, superuser, breaches_expected):
    breaches_expected.append("imports.spellings_end")
    for written, means in (("tec", "tek"), ("tek", "technology")):
        superuser.plant(
            "INSERT INTO spelling (vocabulary, written, means, origin) VALUES ('industry', %s, %s, 'decided')",
            written,
            means,
        )
    (breach,) = check_invariants(db)
    assert "industry: tec" in str(breach)


def test_a_misspelt_product_is_renamed_where_the_right_one_is_new(bring, db):
    bring("products", "name\nRoadruner\n")
    report = bring("products", "name\nRoadruner\n", same=("Roadruner=Roadrunner",))
    assert report.counts.unchanged == 1
    assert list(db.scalars(select(Product.name))) == ["Roadrunner"]


def test_a_misspelt_product_goes_where_the_right_one_is_in_the_list(bring, db):
    bring("products", "name\nRoadruner\nRoadrunner\n")
    bring("products", "name\nRoadrunner\n", same=("Roadruner=Roadrunner",))
    assert list(db.scalars(select(Product.name))) == ["Roadrunner"]


@pytest.mark.parametrize(
    ("same", "sentence"),
    [
        ("technolgy", "--same takes written=meaning"),
        ("=technology", "--same takes written=meaning"),
        ("a\x00=b", "cannot be shown"),
        ("nowhere=somewhere", "It is not clear what “nowhere” is"),
    ],
)
def test_a_decision_that_is_not_clear_is_refused(bring, same, sentence):
    with pytest.raises(Invalid, match=sentence):
        bring("companies", "name,sector\nA,retail\n", same=(same,))


def test_the_same_word_in_two_vocabularies_has_to_be_told_apart(bring, db):
    content = "name,sector,country\nA,Georgia,Georgia\n"
    with pytest.raises(Invalid, match="industry:"):
        bring("companies", content, same=("Georgia=Sakartvelo",))
    bring("companies", content, same=("country:Georgia=Sakartvelo",))
    assert (industries(db), db.scalar(select(Company.country))) == (["Georgia"], "Sakartvelo")


def test_people_have_no_spellings_to_decide(bring):
    with pytest.raises(Invalid, match="of no use here"):
        bring("people", "name\nAna\n", same=("a=b",))


def test_a_stopped_import_decides_nothing(bring, db):
    bring("companies", "name,sector\nA,technolgy\n")
    with pytest.raises(Invalid):
        bring("companies", "name,sector,employees\nA,technolgy,many\n", same=("technolgy=technology",))
    assert industries(db) == ["technolgy"]
    assert db.scalars(select(Spelling)).all() == []


def test_the_hint_of_a_hostile_word_can_be_pasted_without_harm(bring):
    report = bring(
        "companies", "name,sector\nA,technolgy'; rm -rf ~; '\nB,technology' rm -rf ~ '\nC,technology' rm -rf ~ '\n"
    )
    for proposal in report.proposed:
        assert "'\"'\"'" in str(proposal)


def test_the_database_keeps_one_meaning_a_word(db):
    db.add(Spelling(vocabulary="industry", written="a", means="b", origin=Origin.DECIDED))
    db.flush()
    db.add(Spelling(vocabulary="industry", written="A", means="c", origin=Origin.DECIDED))
    with pytest.raises(Exception, match="uq_spelling_written"):
        db.flush()
    db.rollback()
