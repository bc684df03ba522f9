"""Calls GetCatalog with grpcio: no generated code, no identity but perhaps a client certificate."""
import json
import sys

import grpc

wish = json.load(sys.stdin)


def read(name):
    if name not in wish:
        return None
    with open(wish[name], "rb") as file:
        return file.read()


credentials = grpc.ssl_channel_credentials(read("caFile"), read("keyFile"), read("certFile"))
with grpc.secure_channel(f"localhost:{wish['port']}", credentials) as channel:
    call = channel.unary_unary(
        "/orders.v1.OrdersService/GetCatalog",
        request_serializer=lambda message: message,
        response_deserializer=lambda message: message,
    )
    try:
        call(b"", timeout=10)
        print("OK")
    except grpc.RpcError as error:
        print(error.code().name)
