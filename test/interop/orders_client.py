"""A client that knows nothing of this package: grpcio and bytes.

Reads {"address", "caFile", "service", "token"} from standard input and prints what each call came to as JSON.
"""
import json
import sys

import grpc

settings = json.load(sys.stdin)
with open(settings["caFile"], "rb") as file:
    credentials = grpc.ssl_channel_credentials(file.read())
channel = grpc.secure_channel(settings["address"], credentials)
raw = {"request_serializer": None, "response_deserializer": None}
path = "/" + settings["service"] + "/"
metadata = [("authorization", "Bearer " + settings["token"])]
# UploadOrdersRequest { lines: [{ sku: "tea", quantity: 1 }], currency_code: "EUR" }
upload = bytes.fromhex("0a070a037465611001") + b"\x12\x03EUR"
result = {}

uploaded = channel.stream_unary(path + "UploadOrders", **raw)(iter([upload]), metadata=metadata, timeout=10)
order_id = uploaded[2:38]
got = channel.unary_unary(path + "GetOrder", **raw)(b"\x0a\x24" + order_id, metadata=metadata, timeout=10)
result["unary"] = order_id in got
listed = list(channel.unary_stream(path + "ListOrders", **raw)(b"", metadata=metadata, timeout=10))
result["streamed"] = len(listed)
try:
    channel.unary_unary(path + "GetOrder", **raw)(b"", timeout=10)
    result["anonymous"] = "OK"
except grpc.RpcError as error:
    result["anonymous"] = error.code().name
    result["challenge"] = dict(error.trailing_metadata()).get("www-authenticate")
print(json.dumps(result))
