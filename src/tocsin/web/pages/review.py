"""GET /incidents/{incident}/review : what happened, to whom, why, what will be different."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from tocsin.web.pages.render import page
from tocsin.web.reviews import read_review
from tocsin.web.site import SiteDep
from tocsin.web.views.review import review_page


def show(request: Request, site: SiteDep, incident: str) -> HTMLResponse:
    """Show the review of an incident that is over."""
    with site.database.reading() as conn:
        review = read_review(conn, incident)
    view = review_page(review, now=site.clock())
    title = f"The harm measure for {review.slice.label}, before, during and after the incident"
    return page(request, "review/page.html", here="incidents", view=view, chart_title=title)
