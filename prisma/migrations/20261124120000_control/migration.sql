-- CreateTable
CREATE TABLE "account" (
    "username" TEXT NOT NULL PRIMARY KEY,
    "password_hash" TEXT,
    "roles" TEXT NOT NULL,
    "rules" TEXT NOT NULL,
    "on_deny" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "token" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "username" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TEXT NOT NULL,
    "expires" TEXT,
    CONSTRAINT "token_username_fkey" FOREIGN KEY ("username") REFERENCES "account" ("username") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "device" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "title" TEXT,
    "schemas" TEXT NOT NULL,
    "feature" TEXT,
    "account" TEXT,
    "auto" BOOLEAN NOT NULL
);

-- CreateTable
CREATE TABLE "feature" (
    "path" TEXT NOT NULL PRIMARY KEY,
    "title" TEXT,
    "description" TEXT
);

-- CreateTable
CREATE TABLE "schema_version" (
    "id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "document" TEXT NOT NULL,
    "created_at" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL,

    PRIMARY KEY ("id", "version")
);

-- CreateTable
CREATE TABLE "property" (
    "term" TEXT NOT NULL PRIMARY KEY,
    "definition" TEXT NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "token_hash_key" ON "token"("hash");

-- CreateIndex
CREATE INDEX "token_username_created_at_id_idx" ON "token"("username", "created_at", "id");

-- CreateIndex
CREATE INDEX "schema_version_active_id_idx" ON "schema_version"("active", "id");
