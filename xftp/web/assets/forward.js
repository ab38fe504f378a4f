location.hash.length>50&&location.replace("/file/"+location.hash);
