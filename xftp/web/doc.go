// Package web is the site of an XFTP router: a page with what the operator says of it, and a page that sends and
// receives files in a browser.
//
//	/                information (templates/index.html)
//	/file/           transfer (templates/file.html); /file/#FRAGMENT is the link to a file
//	/assets/         style, scripts, and the worker that encrypts
//	/.well-known/    what the operator has put into well-known/, for example for certificates
//
// Write writes the site into a directory, as the reference does, so that operators can add files of their own or let
// another server serve it; Handler serves that directory. The pages are the same for everybody: the description of a file
// stands behind # in its link, which browsers keep to themselves.
//
// The scripts are written in TypeScript, in page/src; package page/bundle makes assets/*.js of them and of the libraries
// that page/package-lock.json pins (`make web`), and the program holds the result, so that it is built with Go alone.
// page/src/worker.ts is where a transfer begins; it speaks the protocol of package xftp (facts: XFTP, sections 2 to 5).
//
// The package imports smp. A handler may be used by many goroutines.
package web
