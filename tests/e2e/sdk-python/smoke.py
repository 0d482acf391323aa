"""Speaks one protocol with the cloud that the environment names, and prints what came back: `python3 smoke.py restXml`."""

import io
import os
import socket
import ssl
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = "smoke-python"
MIB = 1024 * 1024


def tell(name, fact):
    print(f"{name}: {fact}")


def tell_error(name, call):
    try:
        call()
        tell(name, "no error")
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        told = error.response["Error"]
        tell(name, f"{status} {told['Code']} {told['Message'].splitlines()[0]}")


def rest_xml():
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"))
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="a b+c/ü.txt", Body=b"hello", Metadata={"note": "two words"})
    found = s3.get_object(Bucket=BUCKET, Key="a b+c/ü.txt")
    tell("read", f"{found['Body'].read().decode()}, {found['Metadata']['note']}")

    stream = io.BytesIO(bytes(300_000))
    put = s3.put_object(Bucket=BUCKET, Key="stream", Body=stream, ChecksumAlgorithm="SHA256")
    tell("checksum", put["ChecksumSHA256"])

    parts = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(bytes(5 * MIB + 1)), BUCKET, "parts", Config=parts)
    whole = s3.head_object(Bucket=BUCKET, Key="parts")
    tell("parts", f"{whole['ContentLength']} bytes, {whole['ETag'].strip(chr(34)).split('-')[1]} parts")

    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 2})
    tell("keys", ", ".join(found["Key"] for page in pages for found in page["Contents"]))

    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a b+c/ü.txt"})
    trust = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    tell("presigned", urllib.request.urlopen(url, context=trust).read().decode())

    try:
        s3.get_object(Bucket=BUCKET, Key="none")
    except s3.exceptions.NoSuchKey as error:
        tell("missing", error.response["Error"]["Message"])

    resolve_names_below_localhost()
    hosted = boto3.client("s3", config=Config(s3={"addressing_style": "virtual"}))
    tell("virtual host", hosted.get_object(Bucket=BUCKET, Key="a b+c/ü.txt")["Body"].read().decode())


def resolve_names_below_localhost():
    """As a browser does, and glibc does not."""
    resolve = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **named: resolve(
        "localhost" if host.endswith(".localhost") else host, *rest, **named
    )


def aws_query():
    sts = boto3.client("sts")
    tell("caller", sts.get_caller_identity()["Arn"])
    issued = sts.get_session_token()["Credentials"]
    session = boto3.Session(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
    tell("session", session.client("sts").get_caller_identity()["Arn"])
    forger = boto3.client("sts", aws_secret_access_key="wrong", aws_access_key_id="test")
    tell_error("forged", forger.get_caller_identity)
    tell_error("refused", lambda: sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="me"))


def ec2_query():
    tell_error("refused", boto3.client("ec2").describe_instances)


def aws_json_1_0():
    tell_error("refused", lambda: boto3.client("dynamodb").put_item(TableName="missing", Item={"k": {"S": "ü"}}))
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="ü")
    tell("message", sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])
    tell_error("query-compatible", lambda: sqs.get_queue_url(QueueName="missing"))


def aws_json_1_1():
    tell_error("refused", boto3.client("kms").list_keys)
    tell_error("blob", lambda: boto3.client("kinesis").put_record(StreamName="s", Data=b"\x00\xff", PartitionKey="p"))


def rest_json_1():
    tell_error("refused", lambda: boto3.client("lambda").invoke(FunctionName="a b/f", Payload=b"{}"))


def rpc_v2_cbor():
    datum = {"MetricName": "m", "Value": 1.5}
    tell_error("refused", lambda: boto3.client("cloudwatch").put_metric_data(Namespace="n", MetricData=[datum]))


{
    "restXml": rest_xml,
    "awsQuery": aws_query,
    "ec2Query": ec2_query,
    "awsJson1_0": aws_json_1_0,
    "awsJson1_1": aws_json_1_1,
    "restJson1": rest_json_1,
    "rpcv2Cbor": rpc_v2_cbor,
}[sys.argv[1]]()
