// Calls GetCatalog with grpc-go: no generated code, no identity but perhaps a client certificate.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

type wish struct {
	Port     int
	CaFile   string
	CertFile string
	KeyFile  string
}

// raw passes bytes through.
type raw struct{}

func (raw) Marshal(v interface{}) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v interface{}) error { *v.(*[]byte) = data; return nil }
func (raw) Name() string                               { return "proto" }

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

func main() {
	var w wish
	if err := json.NewDecoder(os.Stdin).Decode(&w); err != nil {
		fail(err)
	}
	ca, err := ioutil.ReadFile(w.CaFile)
	if err != nil {
		fail(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	config := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	if w.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(w.CertFile, w.KeyFile)
		if err != nil {
			fail(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	connection, err := grpc.Dial(
		fmt.Sprintf("127.0.0.1:%d", w.Port),
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
	)
	if err != nil {
		fail(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var request, response []byte
	err = connection.Invoke(ctx, "/orders.v1.OrdersService/GetCatalog", &request, &response, grpc.ForceCodec(raw{}))
	fmt.Println(status.Code(err).String())
}
