# Obtains tokens with Python msal as published. Reads what to do from standard input, one JSON object.
import json
import socket
import sys

import msal

data = json.load(sys.stdin)
resolve = socket.getaddrinfo


def loopback_only(host, *rest, **named):
    if host not in ("localhost", "127.0.0.1", "::1"):
        sys.exit(f"left loopback: {host}")
    return resolve(host, *rest, **named)


socket.getaddrinfo = loopback_only
AUTHORITY = f"{data['origin']}/{data['tenantId']}"


def application(client_id, credential):
    return msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=AUTHORITY,
        instance_discovery=False,
        verify=data["caFile"],
    )


def for_app(client_id, credential):
    return application(client_id, credential).acquire_token_for_client([data["scope"]])


certificate = {"private_key": data["certificate"]["key"], "thumbprint": data["certificate"]["sha1"]}
tasks = {
    "secret": lambda: for_app(data["secret"]["clientId"], data["secret"]["value"]),
    "certificate": lambda: for_app(data["certificate"]["clientId"], certificate),
    "certificateWithChain": lambda: for_app(
        data["certificate"]["clientId"],
        {**certificate, "public_certificate": data["certificate"]["pem"]},
    ),
    "assertion": lambda: for_app(
        data["federated"]["clientId"], {"client_assertion": data["federated"]["assertion"]}
    ),
    "onBehalfOf": lambda: application(
        data["middle"]["clientId"], data["middle"]["secret"]
    ).acquire_token_on_behalf_of(data["middle"]["userToken"], [data["middle"]["scope"]]),
    "wrongSecret": lambda: for_app(data["secret"]["clientId"], "wrong"),
}
results = {}
for name in data["tasks"]:
    answer = tasks[name]()
    results[name] = (
        {"token": answer["access_token"]}
        if "access_token" in answer
        else {"error": answer["error"], "message": answer["error_description"]}
    )
json.dump(results, sys.stdout)
