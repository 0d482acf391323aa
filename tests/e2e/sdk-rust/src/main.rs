//! Speaks one protocol with the cloud that the environment names, and prints what came back: `smoke restXml`.

mod s3;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_cloudwatch::types::MetricDatum;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use std::fmt::Display;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    match std::env::args().nth(1).as_deref() {
        Some("restXml") => s3::rest_xml(&config).await,
        Some("awsQuery") => aws_query(&config).await,
        Some("awsJson1_0") => aws_json_1_0(&config).await,
        Some("awsJson1_1") => aws_json_1_1(&config).await,
        Some("restJson1") => rest_json_1(&config).await,
        Some("rpcv2Cbor") => rpc_v2_cbor(&config).await,
        other => panic!("no protocol {other:?} here"),
    }
}

async fn aws_query(config: &SdkConfig) {
    let sts = aws_sdk_sts::Client::new(config);
    tell("caller", sts.get_caller_identity().send().await.unwrap().arn().unwrap());
    let issued = sts.get_session_token().send().await.unwrap().credentials.unwrap();
    let session = Credentials::new(
        issued.access_key_id,
        issued.secret_access_key,
        Some(issued.session_token),
        None,
        "session",
    );
    tell("session", sts_as(config, session).get_caller_identity().send().await.unwrap().arn().unwrap());
    let forger = sts_as(config, Credentials::new("test", "wrong", None, None, "forger"));
    tell_error("forged", forger.get_caller_identity().send().await);
    let role = sts.assume_role().role_arn("arn:aws:iam::000000000000:role/r").role_session_name("me");
    tell_error("refused", role.send().await);
}

fn sts_as(config: &SdkConfig, credentials: Credentials) -> aws_sdk_sts::Client {
    let provider = SharedCredentialsProvider::new(credentials);
    aws_sdk_sts::Client::new(&config.to_builder().credentials_provider(provider).build())
}

async fn aws_json_1_0(config: &SdkConfig) {
    let sqs = aws_sdk_sqs::Client::new(config);
    let made = sqs.create_queue().queue_name("q").send().await.unwrap();
    let queue = made.queue_url().unwrap();
    sqs.send_message().queue_url(queue).message_body("ü").send().await.unwrap();
    let received = sqs.receive_message().queue_url(queue).send().await.unwrap();
    tell("message", received.messages()[0].body().unwrap());
    tell_error("query-compatible", sqs.get_queue_url().queue_name("missing").send().await);
}

async fn aws_json_1_1(config: &SdkConfig) {
    let kinesis = aws_sdk_kinesis::Client::new(config);
    let record = kinesis.put_record().stream_name("s").data(Blob::new([0, 255])).partition_key("p");
    tell_error("blob", record.send().await);
}

async fn rest_json_1(config: &SdkConfig) {
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().unwrap();
    let (queue, role) = ("arn:aws:sqs:us-east-1:000000000000:q", "arn:aws:iam::000000000000:role/r");
    let target = Target::builder().arn(queue).role_arn(role).build().unwrap();
    let scheduler = aws_sdk_scheduler::Client::new(config);
    let schedule = scheduler.create_schedule().name("daily").schedule_expression("rate(1 day)");
    let made = schedule.flexible_time_window(window).target(target).send().await.unwrap();
    tell("made", made.schedule_arn());
    let read = scheduler.get_schedule().name("daily").send().await.unwrap();
    tell("expression", read.schedule_expression().unwrap());
    let group = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/default";
    let listed = scheduler.list_tags_for_resource().resource_arn(group).send().await.unwrap();
    tell("tags", listed.tags().len());
    tell_error("refused", scheduler.get_schedule().name("missing").send().await);
}

async fn rpc_v2_cbor(config: &SdkConfig) {
    let datum = MetricDatum::builder().metric_name("m").value(1.5).build();
    let metrics = aws_sdk_cloudwatch::Client::new(config).put_metric_data().namespace("n").metric_data(datum);
    tell_error("refused", metrics.send().await);
}

fn tell(name: &str, fact: impl Display) {
    println!("{name}: {fact}");
}

fn tell_error<T, E: ProvideErrorMetadata>(name: &str, answer: Result<T, SdkError<E, HttpResponse>>) {
    let Err(SdkError::ServiceError(told)) = answer else {
        return tell(name, "no answer with an error");
    };
    let error = told.err();
    let sentence = error.message().unwrap_or("").lines().next().unwrap_or("");
    tell(name, format!("{} {} {sentence}", told.raw().status().as_u16(), error.code().unwrap_or("")));
}
