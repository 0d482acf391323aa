package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const mib = 1024 * 1024

var (
	bucket = aws.String("smoke-go")
	key    = aws.String("a b+c/ü.txt")
)

func restXml(ctx context.Context, cfg aws.Config) {
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	must(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}))
	must(client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("hello"), Metadata: map[string]string{"note": "two words"}}))
	found := must(client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key}))
	tell("read", text(found.Body)+", "+found.Metadata["note"])

	body := bytes.NewReader(make([]byte, 300_000))
	put := must(client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("stream"), Body: body, ChecksumAlgorithm: types.ChecksumAlgorithmSha256}))
	tell("checksum", *put.ChecksumSHA256)

	parts := transfermanager.New(client, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold = 5*mib, 5*mib
	})
	must(parts.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: bucket, Key: aws.String("parts"), Body: bytes.NewReader(make([]byte, 5*mib+1))}))
	whole := must(client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("parts")}))
	_, count, _ := strings.Cut(strings.Trim(*whole.ETag, `"`), "-")
	tell("parts", fmt.Sprintf("%d bytes, %s parts", *whole.ContentLength, count))

	var keys []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, object := range must(pages.NextPage(ctx)).Contents {
			keys = append(keys, *object.Key)
		}
	}
	tell("keys", strings.Join(keys, ", "))

	signed := must(s3.NewPresignClient(client).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key}))
	tell("presigned", text(must(client.Options().HTTPClient.Do(must(http.NewRequest(signed.Method, signed.URL, nil)))).Body))

	_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("none")})
	if missing, ok := errors.AsType[*types.NoSuchKey](err); ok {
		tell("missing", *missing.Message)
	}

	hosted := s3.NewFromConfig(cfg, func(o *s3.Options) { o.HTTPClient = throughLocalhost(client.Options().HTTPClient) })
	tell("virtual host", text(must(hosted.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})).Body))
}

func text(body io.ReadCloser) string {
	defer body.Close()
	return string(must(io.ReadAll(body)))
}

// Names below localhost are this machine's, as for a browser; not every resolver knows.
func throughLocalhost(client s3.HTTPClient) s3.HTTPClient {
	return client.(*awshttp.BuildableClient).WithTransportOptions(func(t *http.Transport) {
		dial := t.DialContext
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(address)
			return dial(ctx, network, net.JoinHostPort("localhost", port))
		}
	})
}
