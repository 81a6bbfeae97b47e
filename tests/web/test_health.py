"""Health answers, and the ground stands."""


def test_the_process_says_that_it_lives(app, clean):
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok"}


def test_not_ready_until_a_worker_was_seen(app, clean, superuser):
    client = app.test_client()
    assert client.get("/readyz").status_code == 503
    superuser.plant("INSERT INTO worker_seen VALUES (1, now())")
    assert client.get("/readyz").json == {"status": "ok", "database": True, "worker": True}
