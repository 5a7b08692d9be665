"""`writ release`: of a checkout, and of a plane."""

from cli.release import release, releases

app = release.app
releases.add_to(app)
