// On the first page: the command-line program's links lead here, and go on to the page that receives files.

if (location.hash !== "") location.replace("/file/" + location.hash);
