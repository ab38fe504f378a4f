package disk

// preallocates tells that Pebble's file system gives files their place in advance.
const preallocates = true
