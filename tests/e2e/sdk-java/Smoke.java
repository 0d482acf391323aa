import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;

/** Speaks one protocol with the cloud that the environment names, and prints what came back: `java Smoke restXml`. */
public final class Smoke {
  private static final Map<String, Runnable> PROTOCOLS =
      Map.of(
          "restXml", S3Smoke::restXml,
          "awsQuery", Smoke::awsQuery,
          "ec2Query", Smoke::ec2Query,
          "awsJson1_0", Smoke::awsJson10,
          "awsJson1_1", Smoke::awsJson11,
          "restJson1", Smoke::restJson1,
          "rpcv2Cbor", Smoke::rpcV2Cbor,
          "http2", Smoke::http2);

  public static void main(String[] args) {
    PROTOCOLS.get(args[0]).run();
  }

  private static void awsQuery() {
    var sts = StsClient.create();
    tell("caller", sts.getCallerIdentity().arn());
    var issued = sts.getSessionToken().credentials();
    var session =
        AwsSessionCredentials.create(issued.accessKeyId(), issued.secretAccessKey(), issued.sessionToken());
    tell("session", stsAs(session).getCallerIdentity().arn());
    var forger = stsAs(AwsBasicCredentials.create("test", "wrong"));
    tellError("forged", forger::getCallerIdentity);
    tellError("refused", () -> sts.assumeRole(r -> r.roleArn("arn:aws:iam::000000000000:role/r").roleSessionName("me")));
  }

  private static StsClient stsAs(AwsCredentials credentials) {
    return StsClient.builder().credentialsProvider(StaticCredentialsProvider.create(credentials)).build();
  }

  private static void ec2Query() {
    tellError("refused", () -> Ec2Client.create().describeInstances());
  }

  private static void awsJson10() {
    var item = Map.of("k", AttributeValue.fromS("ü"));
    tellError("refused", () -> DynamoDbClient.create().putItem(r -> r.tableName("missing").item(item)));
    var sqs = SqsClient.create();
    var queue = sqs.createQueue(r -> r.queueName("q")).queueUrl();
    sqs.sendMessage(r -> r.queueUrl(queue).messageBody("ü"));
    tell("message", sqs.receiveMessage(r -> r.queueUrl(queue)).messages().get(0).body());
    tellError("query-compatible", () -> sqs.getQueueUrl(r -> r.queueName("missing")));
  }

  private static void awsJson11() {
    tellError("refused", () -> KmsClient.create().listKeys());
    var data = SdkBytes.fromByteArray(new byte[] {0, (byte) 255});
    tellError("blob", () -> KinesisClient.create().putRecord(r -> r.streamName("s").data(data).partitionKey("p")));
  }

  private static void restJson1() {
    var payload = SdkBytes.fromUtf8String("{}");
    tellError("refused", () -> LambdaClient.create().invoke(r -> r.functionName("a b/f").payload(payload)));
  }

  private static void rpcV2Cbor() {
    tellError(
        "refused",
        () -> CloudWatchClient.create().putMetricData(r -> r.namespace("n").metricData(d -> d.metricName("m").value(1.5))));
  }

  /** What Kinesis' asynchronous client speaks where there is no TLS to settle it. */
  private static void http2() {
    var data = SdkBytes.fromByteArray(new byte[100_000]);
    tellError(
        "refused",
        () -> {
          try {
            return KinesisAsyncClient.create().putRecord(r -> r.streamName("s").data(data).partitionKey("p")).join();
          } catch (CompletionException failed) {
            throw (RuntimeException) failed.getCause();
          }
        });
  }

  static void tell(String name, Object fact) {
    System.out.println(name + ": " + fact);
  }

  static void tellError(String name, Supplier<?> call) {
    try {
      call.get();
      tell(name, "no error");
    } catch (AwsServiceException error) {
      var told = error.awsErrorDetails();
      var sentence = told.errorMessage().lines().findFirst().orElse("");
      tell(name, error.statusCode() + " " + told.errorCode() + " " + sentence);
    }
  }
}
