// Package site is what a server shows browsers: a page about itself, pages of its kind, and the operator's own files, with
// what serves them (facts: ntf-and-ops, B7).
//
//	/                    the page: what the operator says, how the server is set, its address (page.go, templates/index.html)
//	/information.json    the same for programs
//	/media/              style, icon, QR code of the address
//	/.well-known/        what lies in well-known/: of the server, or of the operator, for example for certificates
//
// Site.Write writes the site into a directory at each start, as the reference does, so that operators can add files or have
// another server serve it; Handler serves that directory. The pages are the same for everybody, load nothing from elsewhere,
// and run only scripts of their own.
//
//	Settings   section [WEB] of the ini
//	Server     ports of the site's own, and the connections of browsers that a router hands over
//	Certificate  for browsers; files that change are read again
//
// Pages of a kind are those of xftp/web and of ./linkpages. The package imports server/information, identity, inifile, listen,
// qrcode, and smp for addresses. A Site belongs to its caller; a handler, a Certificate and a Server that has begun may be used
// by many goroutines.
package site
