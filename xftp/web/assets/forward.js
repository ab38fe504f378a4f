location.hash!==""&&location.replace("/file/"+location.hash);
