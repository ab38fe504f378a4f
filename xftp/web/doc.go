// Package web is what the site of an XFTP router has beside that of all servers (../../server/site): a page that sends and
// receives files in a browser.
//
//	/file/      transfer (templates/file.html); /file/#FRAGMENT is the link to a file
//	/assets/    its style, its scripts, and the worker that encrypts
//
// The page is the same for everybody: the description of a file stands behind # in its link, which browsers keep to themselves.
//
// The scripts are written in TypeScript, in page/src; package internal/bundle makes assets/*.js of them and of the libraries
// that page/package-lock.json pins (`make web`), and the program holds the result, so that it is built with Go alone.
// page/src/worker.ts is where a transfer begins; it speaks the protocol of package xftp (facts: XFTP, sections 2 to 5).
//
// The package imports server/site and smp. A Site belongs to its caller.
package web
