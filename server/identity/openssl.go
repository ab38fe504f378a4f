package identity

// The configurations for openssl: what the reference's servers were issued with. serverConfig takes the common name.
//
//	openssl genpkey -algorithm ED25519 -out server.key
//	openssl req -new -config openssl_server.conf -reqexts v3 -key server.key -out server.csr
//	openssl x509 -req -days 999999 -extfile openssl_server.conf -extensions v3 -in server.csr \
//	    -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt
const (
	caConfig = `[req]
distinguished_name = req_distinguished_name
prompt = no

[req_distinguished_name]
CN = ` + caName + `
O = ` + caOrganization + `

[v3]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
basicConstraints = critical,CA:true
`
	serverConfig = `[req]
distinguished_name = req_distinguished_name
prompt = no

[req_distinguished_name]
CN = %s

[v3]
basicConstraints = CA:FALSE
keyUsage = digitalSignature, nonRepudiation, keyAgreement
extendedKeyUsage = serverAuth
`
)
