filedesc://old.arc 192.0.2.1 20080430204825 text/plain 73
1 0 Made by hand
URL IP-address Archive-date Content-type Archive-length

http://pages.example/a page with spaces 192.0.2.1 20080430204825 text/html 364
HTTP/1.1 200 OK
Content-Type: text/html

<!DOCTYPE html>
<html><head><title>Kuongezeka</title></head>
<body><article><h1>Kuongezeka</h1><p>Kuongezeka kwa kasi kwa visa vya ugonjwa wa virusi vya korona (COVID-19) katika Muungano wa Ulaya/Eneo la Kiuchumi la Ulaya na Uingereza, tarehe 1 Januari hadi</p><ul><li>kwa</li><li>kasi</li></ul></article></body></html>

dns:pages.example 192.0.2.1 20080430204825 text/dns 24
20080430204825 192.0.2.1
http://pages.example/none 192.0.2.1 20080430204825 text/plain -1

http://pages.example/short 192.0.2.1 20080430204825 text/plain 215
HTTP/1.1 200 OK
Content-Type: text/plain

Augmentation rapide de l’incidence cumulée de la maladie à coronavirus (COVID-19) au sein de l’Union européenne/l’Espace économique européen et au Royaume-Uni,
http://pages.example/early 192.0.2.1 20080430204825 text/html 33
<html>a server of HTTP 0.9</html>
