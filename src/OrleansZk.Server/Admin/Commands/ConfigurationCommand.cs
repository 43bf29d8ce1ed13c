using System.Text;
using System.Text.Json;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>The settings in force: <c>conf</c>.</summary>
internal sealed class ConfigurationCommand() : Command("configuration", "conf", "config"), IFourLetterWord
{
    public string Word => "conf";

    public void WriteText(StringBuilder text, Question question)
    {
        ConfigurationFacts facts = question.Facts.Configuration;
        FolderSizes sizes = question.Facts.FolderSizes;
        text.AppendLine("clientPort", '=', facts.ClientPort)
            .AppendLine("secureClientPort", '=', facts.SecureClientPort)
            .AppendLine("dataDir", '=', facts.DataDirectory)
            .AppendLine("dataDirSize", '=', sizes.Data)
            .AppendLine("dataLogDir", '=', facts.LogDirectory)
            .AppendLine("dataLogSize", '=', sizes.Log)
            .AppendLine("tickTime", '=', facts.TickTime)
            .AppendLine("maxClientCnxns", '=', facts.MaxClientConnections)
            .AppendLine("minSessionTimeout", '=', facts.MinSessionTimeout)
            .AppendLine("maxSessionTimeout", '=', facts.MaxSessionTimeout)
            .AppendLine("clientPortListenBacklog", '=', facts.ListenBacklog)
            .AppendLine("serverId", '=', facts.ServerId);
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        ConfigurationFacts facts = question.Facts.Configuration;
        json.WriteNumber("client_port", facts.ClientPort);
        json.WriteString("data_dir", facts.DataDirectory);
        json.WriteString("data_log_dir", facts.LogDirectory);
        json.WriteNumber("tick_time", facts.TickTime);
        json.WriteNumber("max_client_cnxns", facts.MaxClientConnections);
        json.WriteNumber("min_session_timeout", facts.MinSessionTimeout);
        json.WriteNumber("max_session_timeout", facts.MaxSessionTimeout);
        json.WriteNumber("server_id", facts.ServerId);
        json.WriteNumber("client_port_listen_backlog", facts.ListenBacklog);
        return null;
    }
}
