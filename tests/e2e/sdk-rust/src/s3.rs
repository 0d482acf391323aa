use crate::tell;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const BUCKET: &str = "smoke-rust";
const KEY: &str = "a b+c/ü.txt";
const MIB: usize = 1024 * 1024;

pub async fn rest_xml(config: &SdkConfig) {
    let path_style = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
    let s3 = Client::from_conf(path_style);
    s3.create_bucket().bucket(BUCKET).send().await.unwrap();
    let hello = s3.put_object().bucket(BUCKET).key(KEY).metadata("note", "two words");
    hello.body(ByteStream::from_static(b"hello")).send().await.unwrap();
    let found = s3.get_object().bucket(BUCKET).key(KEY).send().await.unwrap();
    let note = found.metadata().unwrap()["note"].clone();
    tell("read", format!("{}, {note}", text(found.body).await));

    let stream = s3.put_object().bucket(BUCKET).key("stream").checksum_algorithm(ChecksumAlgorithm::Sha256);
    let put = stream.body(file(&[0; 300_000]).await).send().await.unwrap();
    tell("checksum", put.checksum_sha256().unwrap());

    put_parts(&s3, [vec![0; 5 * MIB], vec![0]]).await;
    let whole = s3.head_object().bucket(BUCKET).key("parts").send().await.unwrap();
    let (_, count) = whole.e_tag().unwrap().trim_matches('"').split_once('-').unwrap();
    tell("parts", format!("{} bytes, {count} parts", whole.content_length().unwrap()));

    let mut pages = s3.list_objects_v2().bucket(BUCKET).max_keys(2).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        keys.extend(page.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    tell("keys", keys.join(", "));

    let minute = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let signed = s3.get_object().bucket(BUCKET).key(KEY).presigned(minute).await.unwrap();
    tell("presigned", fetch(signed.uri()));

    let missing = s3.get_object().bucket(BUCKET).key("none").send().await.unwrap_err().into_service_error();
    if missing.is_no_such_key() {
        tell("missing", missing.meta().message().unwrap());
    }
}

async fn put_parts(s3: &Client, parts: [Vec<u8>; 2]) {
    let created = s3.create_multipart_upload().bucket(BUCKET).key("parts").send().await.unwrap();
    let id = created.upload_id().unwrap();
    let mut done = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(parts) {
        let upload = s3.upload_part().bucket(BUCKET).key("parts").upload_id(id).part_number(number);
        let put = upload.body(ByteStream::from(part)).send().await.unwrap();
        done = done.parts(CompletedPart::builder().part_number(number).set_e_tag(put.e_tag).build());
    }
    let complete = s3.complete_multipart_upload().bucket(BUCKET).key("parts").upload_id(id);
    complete.multipart_upload(done.build()).send().await.unwrap();
}

/// Other than bytes in memory it is sent with its checksum behind it.
async fn file(bytes: &[u8]) -> ByteStream {
    let path = std::env::temp_dir().join(format!("nube-smoke-{}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let open = tokio::fs::File::open(&path).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    ByteStream::read_from().file(open).build().await.unwrap()
}

async fn text(body: ByteStream) -> String {
    String::from_utf8(body.collect().await.unwrap().to_vec()).unwrap()
}

/// As anybody would who was handed the URL, without the SDK.
fn fetch(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    write!(socket, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
