"""The review queue and explanations over REST."""

from running_service import Service

ASKED = ["water the plants in the garden", "please water my garden plants", "the plants in the garden need water",
         "garden plants want water now", "give water to the plants in my garden", "my garden plants are dry, water them",
         "can you water the garden plants", "water for the plants in the garden please"]


def collect(service):
    turns = [{"conversation_id": f"c-{i}", "user_id": f"gardener-{i}", "turn_id": f"p-{i}", "user_text": text, "consent": True}
             for i, text in enumerate(ASKED)]
    turns += [{"conversation_id": f"d-{i}", "user_id": f"u-{i}", "turn_id": f"d-{i}", "user_text": text, "consent": True}
              for i, text in enumerate(["my script crashes with an error", "write a poem about autumn", "how do I price my product",
                                        "explain what recursion is", "make this loop faster", "hello there"])]
    assert service.client.post("/api/v1/turns", json=turns).status_code == 200


def queue(service, **query):
    answer = service.client.get("/api/v1/review", params={"limit": 1000, **query})
    assert answer.status_code == 200
    return answer.json()["items"]


def test_items_have_reasons_and_values_and_a_kind_can_be_asked_for(workspace):
    with Service(workspace, "training.encoder=none") as service:
        collect(service)
        items = queue(service)
        assert all(i["id"] and i["kind"] and i["reason"] and i["value"] > 0 for i in items)
        assert [i["value"] for i in items] == sorted((i["value"] for i in items), reverse=True)
        turns = queue(service, kind="uncertain")
        assert turns and {i["kind"] for i in turns} == {"uncertain"}
        assert all(i["turn_id"] == i["id"] and i["user_id"] and i["conversation_id"] for i in turns)


def test_a_proposed_intent_is_accepted_under_another_name_and_taken_back(workspace):
    with Service(workspace, "training.encoder=none") as service:
        collect(service)
        proposal = queue(service, kind="new_intent")[0]
        path = f"/api/v1/review/{proposal['id']}"
        assert service.client.post(path, json={}).status_code == 422
        done = service.client.post(path, json={"accept": True, "intent": "water_plants"})
        assert done.status_code == 200 and done.json()["turns"] == len(proposal["turn_ids"])
        assert not queue(service, kind="new_intent")
        told = service.client.get(f"/api/v1/turns/{proposal['turn_ids'][0]}/explain").json()
        assert [s["value"] for s in told["statements"] if s["source"] == "review"] == ["water_plants"]
        assert service.client.delete(path).status_code == 204
        assert queue(service, kind="new_intent")[0]["id"] == proposal["id"]
        assert service.client.post(path, json={"dismiss": True}).status_code == 200
        assert not queue(service, kind="new_intent")
        assert service.client.post("/api/v1/review/intent-none", json={"accept": True}).status_code == 404


def test_who_may_not_read_conversations_is_told_no_text_and_no_name(workspace):
    with Service(workspace, "training.encoder=none") as service:
        collect(service)
        service.client.post("/api/v1/feedback", json={"turn_id": "p-1", "corrected_intent": "water_plants", "needs_correction": True})
        path = "/api/v1/turns/p-1/explain"
        known = service.client.get(path).json()
        assert known["user_text"] == ASKED[1]
        assert "gardener-1" in {s["author"] for s in known["statements"]}
        with service.client_with(service.new_key("readonly")) as reader:
            hidden = reader.get(path)
        assert hidden.status_code == 200
        assert "gardener" not in hidden.text and ASKED[1] not in hidden.text
        assert [s["value"] for s in hidden.json()["statements"]] == [s["value"] for s in known["statements"]]
