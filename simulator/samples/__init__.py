# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applications that tasks of the data plane run: small, honest stand-ins for the platform's own.

They take everything from their environment, as containers do:

    PORT                                            where to listen
    DATABASE_HOST, DATABASE_PORT, DATABASE_NAME     PostgreSQL
    DATABASE_USER, DATABASE_PASSWORD
    DATABASE_SECRET_ARN                             in their place: read from Secrets Manager with each connection
    DATABASE_SSL                                    `require` (default), or `disable`
    REDIS_HOST, REDIS_PORT, REDIS_AUTH_TOKEN        Redis or Valkey
    REDIS_TLS                                       `true` (default), or `false`
    API_URL                                         of the backend, for the web applications

Each container's process is light: one Python process, the standard library, and pg8000 where there is a database.
"""
