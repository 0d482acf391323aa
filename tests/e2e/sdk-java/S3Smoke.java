import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** restXml, which S3 speaks. */
final class S3Smoke {
  private static final String BUCKET = "smoke-java";
  private static final String KEY = "a b+c/ü.txt";
  private static final int MIB = 1024 * 1024;

  static void restXml() {
    var s3 = S3Client.builder().forcePathStyle(true).build();
    s3.createBucket(r -> r.bucket(BUCKET));
    s3.putObject(r -> r.bucket(BUCKET).key(KEY).metadata(Map.of("note", "two words")), RequestBody.fromString("hello"));
    var found = s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(KEY));
    Smoke.tell("read", found.asUtf8String() + ", " + found.response().metadata().get("note"));

    var body = new byte[300_000];
    var put =
        s3.putObject(
            r -> r.bucket(BUCKET).key("stream").checksumAlgorithm(ChecksumAlgorithm.SHA256),
            RequestBody.fromInputStream(new ByteArrayInputStream(body), body.length));
    Smoke.tell("checksum", put.checksumSHA256());

    putParts(s3, List.of(new byte[5 * MIB], new byte[1]));
    var whole = s3.headObject(r -> r.bucket(BUCKET).key("parts"));
    Smoke.tell("parts", whole.contentLength() + " bytes, " + whole.eTag().replaceAll(".*-|\"", "") + " parts");

    var listed = s3.listObjectsV2Paginator(r -> r.bucket(BUCKET).maxKeys(2)).contents();
    Smoke.tell("keys", listed.stream().map(S3Object::key).collect(Collectors.joining(", ")));

    Smoke.tell("presigned", fetch(presigned()));

    try {
      s3.getObject(r -> r.bucket(BUCKET).key("none"));
    } catch (NoSuchKeyException missing) {
      Smoke.tell("missing", missing.awsErrorDetails().errorMessage());
    }

    var hosted = S3Client.builder().httpClientBuilder(localhost()).build();
    Smoke.tell("virtual host", hosted.getObjectAsBytes(r -> r.bucket(BUCKET).key(KEY)).asUtf8String());
  }

  private static void putParts(S3Client s3, List<byte[]> parts) {
    var id = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("parts")).uploadId();
    var done = new ArrayList<CompletedPart>();
    for (var part : parts) {
      var number = done.size() + 1;
      var put =
          s3.uploadPart(
              r -> r.bucket(BUCKET).key("parts").uploadId(id).partNumber(number), RequestBody.fromBytes(part));
      done.add(CompletedPart.builder().partNumber(number).eTag(put.eTag()).build());
    }
    s3.completeMultipartUpload(
        r -> r.bucket(BUCKET).key("parts").uploadId(id).multipartUpload(u -> u.parts(done)));
  }

  private static URI presigned() {
    var pathStyle = S3Configuration.builder().pathStyleAccessEnabled(true).build();
    try (var presigner = S3Presigner.builder().serviceConfiguration(pathStyle).build()) {
      return URI.create(
          presigner
              .presignGetObject(
                  p -> p.signatureDuration(Duration.ofMinutes(1)).getObjectRequest(r -> r.bucket(BUCKET).key(KEY)))
              .url()
              .toString());
    }
  }

  private static String fetch(URI url) {
    try (var body = url.toURL().openStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** Names below localhost are this machine's, as for a browser; not every resolver knows. */
  private static ApacheHttpClient.Builder localhost() {
    return ApacheHttpClient.builder().dnsResolver(host -> new InetAddress[] {InetAddress.getLoopbackAddress()});
  }
}
