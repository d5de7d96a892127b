"""What intake writes for people: the page behind a link, the notice of a grid."""
